import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { shellQuote } from "entra-postgres/shell-quote";
import { pulumiFolder } from "../../tools/pulumi/pulumiCli.ts";
import { buildPack, PACK, PROJECT } from "./build.ts";
import { runsPolicyPacks } from "./languageHost.ts";
import { requireConfig } from "./packConfig.ts";
import { stackJudgement } from "./stackConfig.ts";

/** Options of {@link packArguments}. */
export interface PackOptions {
  /** Folder of the Pulumi CLI and its language host. @default the one that `pulumiFolder` finds */
  pulumiFolder?: string;
  /** The stack that is judged, as its file in `policies/stacks` says. @default as `configFile` says */
  stack?: string;
  /** A JSON file with the pack's configuration, for what is no stack of this project. @default each rule's own defaults */
  configFile?: string;
}

/**
 * Arguments that make `pulumi preview` and `pulumi up` hold the program against the policy pack. Its configuration goes one way whatever
 * `--policy-pack` is: the CLI reads it and tells the pack.
 * @throws Error when the pack does not compile, or its configuration names what is not there
 */
export async function packArguments({ pulumiFolder: folder, stack, configFile }: PackOptions = {}): Promise<string[]> {
  if (configFile !== undefined) requireConfig(configFile);
  const file = stack === undefined ? configFile : stackConfigFile(stack);
  const config = file === undefined ? [] : ["--policy-pack-config", file];
  return ["--policy-pack", await policyPack(folder), ...config];
}

/** Writes how a stack is judged in the form that the CLI takes, under a name made of the content, so that runs side by side do not meet. */
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
 * What to give as `--policy-pack`; the pack is built when it has to be. A language host that runs policy packs takes the pack's folder. For
 * one that does not, the CLI takes a program in its place, which starts the pack on this very Node.js.
 * @param folder of the Pulumi CLI and its language host
 * @throws Error when the pack does not compile
 */
export async function policyPack(folder?: string): Promise<string> {
  await buildPack();
  return packFor(folder ?? (await pulumiFolder({ log: (line) => console.error(line) })));
}

/** A compiled pack as the CLI in a folder takes it. */
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

/** Nobody ever finds half of it. */
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
