import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { shellQuote } from "entra-postgres/shell-quote";
import { pulumiFolder } from "../../tools/pulumi/pulumiCli.ts";
import { buildPack, PACK, PROJECT } from "./build.ts";
import { runsPolicyPacks } from "./languageHost.ts";
import { PACK_CONFIG, readConfig } from "./packConfig.ts";
import { stackJudgement } from "./stackConfig.ts";

/** Options of {@link packArguments}. */
export interface PackOptions {
  /** Folder of the Pulumi CLI and its language host. @default the one that `pulumiFolder` finds */
  pulumiFolder?: string;
  /** The stack to judge by its file in `policies/stacks`. @default `configFile` */
  stack?: string | undefined;
  /** A JSON file with the pack's configuration, for stacks of other projects. @default each rule's own defaults */
  configFile?: string | undefined;
}

/**
 * Arguments that make `pulumi preview` and `pulumi up` judge the program by the policy pack.
 * @throws {UserError} EP-POLICY-03 when the pack does not compile, EP-POLICY-04 when its configuration is invalid
 */
export async function packArguments({ pulumiFolder: folder, stack, configFile }: PackOptions = {}): Promise<string[]> {
  if (configFile !== undefined) readConfig(configFile, PACK_CONFIG);
  const file = stack === undefined ? configFile : stackConfigFile(stack);
  const config = file === undefined ? [] : ["--policy-pack-config", file];
  return ["--policy-pack", await policyPack(folder), ...config];
}

/** Writes the configuration of a stack for the CLI. The name is a hash of the content, so concurrent runs do not overwrite each other. */
function stackConfigFile(stack: string): string {
  const { config, words } = stackJudgement(stack);
  console.error(words);
  const text = `${JSON.stringify(config, null, 2)}\n`;
  const hash = createHash("sha256").update(text).digest("hex").slice(0, 16);
  const file = join(PROJECT, `node_modules/.cache/policies/${hash}.json`);
  writeWhole(file, text, 0o644);
  return file;
}

/**
 * The value of `--policy-pack`; the pack is built where its sources changed. A language host that runs policy packs takes the pack's folder.
 * For an older one the CLI takes a program that starts the pack on this Node.js.
 * @param folder of the Pulumi CLI and its language host
 * @throws {UserError} EP-POLICY-03 when the pack does not compile
 */
export async function policyPack(folder?: string): Promise<string> {
  await buildPack();
  return packFor(folder ?? (await pulumiFolder({ log: (line) => console.error(line) })));
}

/** The value of `--policy-pack` for a compiled pack and the CLI in a folder. */
export async function packFor(folder: string, pack = PACK): Promise<string> {
  return (await runsPolicyPacks(folder)) ? pack : startProgram(pack);
}

/**
 * Writes the program that starts a compiled pack.
 * @param pack its folder
 * @returns its path
 */
export function startProgram(pack: string): string {
  const file = join(pack, "bin/start");
  const runner = createRequire(import.meta.url).resolve("@pulumi/pulumi/cmd/run-policy-pack");
  const text = `#!/bin/sh\ncd ${shellQuote(pack)} && exec ${shellQuote(process.execPath)} ${shellQuote(runner)} "$1" .\n`;
  writeWhole(file, text, 0o755);
  return file;
}

/** Writes a file in one step: no reader finds half of it. */
function writeWhole(file: string, text: string, mode: number): void {
  if (contentOf(file) === text) return;
  mkdirSync(dirname(file), { recursive: true });
  const own = `${file}.${process.pid}`;
  writeFileSync(own, text);
  chmodSync(own, mode);
  renameSync(own, file);
}

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}
