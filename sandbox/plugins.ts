import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { UserError } from "entra-postgres/errors";

const run = promisify(execFile);

/** How the providers postgresql and command run: `real` as plugins, `emulator` in the sandbox, `auto` as plugins where that is possible. */
export type ProvidersMode = "auto" | "real" | "emulator";

/** Providers that run as plugins or in the sandbox. */
export const REPLACEABLE = ["postgresql", "command"] as const;
export type Replaceable = (typeof REPLACEABLE)[number];

/** Milliseconds until a failed download is tried again: it can take minutes to fail. */
const RETRY_AFTER = 24 * 60 * 60 * 1000;
const DOWNLOAD_LIMIT_SECONDS = 90;

/** Options of {@link realPlugins}. */
export interface PluginOptions {
  mode: ProvidersMode;
  /** The sandbox's state folder. */
  dir: string;
  pulumiFolder?: string | undefined;
  log: (line: string) => void;
}

/**
 * @param value of `SANDBOX_PROVIDERS`
 * @throws UserError for another word
 */
export function providersMode(value: string | undefined): ProvidersMode {
  const mode = value === undefined || value === "" ? "auto" : value;
  if (mode === "auto" || mode === "real" || mode === "emulator") return mode;
  const [step, expected] = ["reading SANDBOX_PROVIDERS", "auto, real or emulator"];
  throw new UserError({ code: "EP-SANDBOX-01", step, expected, found: mode });
}

/**
 * Chooses the providers that run as plugins, and downloads these.
 * @throws UserError when the mode is `real` and a plugin is neither installed nor can be downloaded
 */
export async function realPlugins(options: PluginOptions): Promise<Replaceable[]> {
  const home = preparePulumiHome(options.dir);
  if (options.mode === "emulator") return [];
  const usable = await Promise.all(REPLACEABLE.map((name) => isUsable(name, pluginVersion(name), home, options)));
  return REPLACEABLE.filter((_, i) => usable[i]);
}

/** Whether this version of a plugin is installed completely. */
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

/** @returns the reason of a failure, or undefined */
async function download(name: string, version: string, home: string, folder?: string): Promise<string | undefined> {
  const PATH = [folder, process.env.PATH].filter(Boolean).join(delimiter);
  try {
    await run("pulumi", ["plugin", "install", "resource", name, version], {
      env: { ...process.env, PATH, PULUMI_HOME: home, PULUMI_SKIP_UPDATE_CHECK: "true" },
      timeout: DOWNLOAD_LIMIT_SECONDS * 1000,
      killSignal: "SIGKILL",
    });
    return undefined;
  } catch (error) {
    const { stderr = "", killed, message } = error as Error & { stderr?: string; killed?: boolean };
    if (killed) return `no end within ${DOWNLOAD_LIMIT_SECONDS} s`;
    return stderr.trim().split("\n").at(-1) || message;
  }
}

/** The plugin version of the installed SDK package. */
function pluginVersion(name: Replaceable): string {
  const file = createRequire(import.meta.url).resolve(`@pulumi/${name}/package.json`);
  const manifest = JSON.parse(readFileSync(file, "utf8")) as { version: string; pulumi?: { version?: string } };
  return (manifest.pulumi?.version ?? manifest.version).replace(/^v/, "");
}

/** Makes the sandbox's own PULUMI_HOME, which shares the user's installed plugins. */
function preparePulumiHome(dir: string): string {
  const home = join(dir, "pulumi-home");
  const shared = join(process.env.PULUMI_HOME || join(homedir(), ".pulumi"), "plugins");
  mkdirSync(home, { recursive: true });
  if (!existsSync(join(home, "plugins")) && existsSync(shared) && shared !== join(home, "plugins")) {
    symlinkSync(shared, join(home, "plugins"));
  }
  return home;
}
