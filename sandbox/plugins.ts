import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { UserError } from "entra-postgres/errors";

/** How postgresql and command are run: `real` as their plugins, `emulator` as the sandbox's, `auto` real where that is possible. */
export type ProvidersMode = "auto" | "real" | "emulator";

/** Providers that the sandbox can replace but need not. */
export const REPLACEABLE = ["postgresql", "command"] as const;
export type Replaceable = (typeof REPLACEABLE)[number];

/** A failed download is not tried again for this long, in milliseconds: it can take minutes to fail. */
const RETRY_AFTER = 24 * 60 * 60 * 1000;
const DOWNLOAD_LIMIT_SECONDS = 90;

/** Options of {@link realPlugins}. */
export interface PluginOptions {
  mode: ProvidersMode;
  /** The sandbox's state folder. */
  dir: string;
  pulumiFolder?: string;
  log: (line: string) => void;
}

/**
 * @param value of `SANDBOX_PROVIDERS`
 * @throws UserError for another word
 */
export function providersMode(value: string | undefined): ProvidersMode {
  const mode = value === undefined || value === "" ? "auto" : value;
  if (mode === "auto" || mode === "real" || mode === "emulator") return mode;
  throw new UserError({
    code: "EP-SANDBOX-01",
    step: "reading SANDBOX_PROVIDERS",
    expected: "auto, real or emulator",
    found: mode,
  });
}

/**
 * Decides which of the replaceable providers run as real plugins, and downloads those where that is possible.
 * @throws Error when the mode is `real` and a plugin can be neither found nor downloaded
 */
export async function realPlugins(options: PluginOptions): Promise<Replaceable[]> {
  const home = preparePulumiHome(options.dir);
  if (options.mode === "emulator") return [];
  const usable = await Promise.all(REPLACEABLE.map((name) => isUsable(name, pluginVersion(name), home, options)));
  return REPLACEABLE.filter((_, i) => usable[i]);
}

/** Whether a plugin folder of exactly this version is installed, whole. */
export function isInstalled(home: string, name: string, version: string): boolean {
  const folder = join(home, "plugins", `resource-${name}-v${version}`);
  return existsSync(join(folder, `pulumi-resource-${name}`)) && !existsSync(`${folder}.partial`);
}

async function isUsable(name: Replaceable, version: string, home: string, options: PluginOptions): Promise<boolean> {
  if (isInstalled(home, name, version)) return true;
  const failed = join(home, `no-${name}-plugin-${version}`);
  if (options.mode === "auto" && failedLately(failed)) return false;
  options.log(`Downloading the plugin ${name} ${version} ...`);
  const problem = await download(name, version, home, options.pulumiFolder);
  if (problem === undefined && isInstalled(home, name, version)) return true;
  if (options.mode === "real") {
    throw new UserError({
      code: "EP-SANDBOX-02",
      step: `finding the plugin ${name} ${version}`,
      expected: "an installed plugin, or a download",
      found: problem ?? "no plugin where it was expected",
      remedy: `pulumi plugin install resource ${name} ${version}, or SANDBOX_PROVIDERS=auto`,
    });
  }
  writeFileSync(failed, problem ?? "");
  options.log(`The plugin ${name} ${version} cannot be downloaded here; the sandbox's emulator takes its place.`);
  return false;
}

function failedLately(file: string): boolean {
  return existsSync(file) && Date.now() - statSync(file).mtimeMs < RETRY_AFTER;
}

/** @returns why it failed, or undefined */
async function download(
  name: string,
  version: string,
  home: string,
  pulumiFolder?: string,
): Promise<string | undefined> {
  const child = spawn("pulumi", ["plugin", "install", "resource", name, version], {
    stdio: ["ignore", "ignore", "pipe"],
    env: {
      ...process.env,
      PATH: [pulumiFolder, process.env.PATH].filter(Boolean).join(delimiter),
      PULUMI_HOME: home,
      PULUMI_SKIP_UPDATE_CHECK: "true",
    },
    timeout: DOWNLOAD_LIMIT_SECONDS * 1000,
    killSignal: "SIGKILL",
  });
  let errors = "";
  child.stderr.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  try {
    const [code] = await once(child, "close");
    if (code === 0) return undefined;
    return errors.trim().split("\n").at(-1) || `no end within ${DOWNLOAD_LIMIT_SECONDS} s`;
  } catch (error) {
    return (error as Error).message;
  }
}

/** The plugin version that belongs to the installed SDK package. */
function pluginVersion(name: Replaceable): string {
  const file = createRequire(import.meta.url).resolve(`@pulumi/${name}/package.json`);
  const manifest = JSON.parse(readFileSync(file, "utf8")) as { version: string; pulumi?: { version?: string } };
  return (manifest.pulumi?.version ?? manifest.version).replace(/^v/, "");
}

/** Makes the sandbox's own PULUMI_HOME, which shares the user's installed plugins where there are any. */
function preparePulumiHome(dir: string): string {
  const home = join(dir, "pulumi-home");
  const shared = join(process.env.PULUMI_HOME || join(homedir(), ".pulumi"), "plugins");
  mkdirSync(home, { recursive: true });
  if (!existsSync(join(home, "plugins")) && existsSync(shared) && shared !== join(home, "plugins")) {
    symlinkSync(shared, join(home, "plugins"));
  }
  return home;
}
