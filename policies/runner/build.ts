import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative } from "node:path";
import { UserError } from "entra-postgres/errors";
import { ProcessLock } from "../../tools/pulumi/processLock.ts";

/** The project's folder. */
export const PROJECT = join(import.meta.dirname, "../..");

/** The policy pack's folder. */
export const PACK = join(PROJECT, "policies");

/** Files that change how the sources are compiled and started. */
const SETTINGS = ["tsconfig.json", "policies/tsconfig.json", "policies/package.json"];

/** The compiled files: by its path in the project the hash of each. */
type Record = { [path: string]: string };

/**
 * Compiles the pack to `bin` if its sources have changed or `bin` is incomplete. The runner of policy packs cannot run TypeScript that
 * imports `.ts` files.
 * @param project folder of the project; tests use a copy
 * @returns whether it compiled
 * @throws {UserError} EP-POLICY-03 with the compiler's errors
 */
export async function buildPack(project = PROJECT): Promise<boolean> {
  if (isFresh(project)) return false;
  const cache = join(project, "node_modules/.cache");
  mkdirSync(cache, { recursive: true });
  const lock = await ProcessLock.wait(join(cache, "policies.lock"));
  try {
    if (isFresh(project)) return false;
    compile(project);
    return true;
  } finally {
    lock.release();
  }
}

/** Whether `bin` is complete and compiled from the present sources. */
export function isFresh(project = PROJECT): boolean {
  const record = readRecord(project);
  if (record === undefined) return false;
  return Object.entries(record).every(
    ([path, hash]) => hashOf(join(project, path)) === hash && existsSync(compiled(project, path)),
  );
}

function compile(project: string): void {
  const bin = join(project, "policies/bin");
  rmSync(bin, { recursive: true, force: true });
  const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
  const args = [tsc, "--project", join(project, "policies"), "--listFiles", "--pretty", "false"];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: project, encoding: "utf8" });
  if (status !== 0) {
    const errors = stdout.split("\n").filter((line) => line.includes("error TS"));
    rmSync(bin, { recursive: true, force: true });
    throw new UserError({
      code: "EP-POLICY-03",
      step: "compiling the policy pack",
      expected: "no error of the compiler",
      found: [...errors, stderr].filter(Boolean).join("\n"),
    });
  }
  const sources = stdout
    .split("\n")
    .map((file) => relative(project, file.trim()))
    .filter((path) => path.endsWith(".ts") && !path.startsWith("..") && !path.includes("node_modules/"));
  const record: Record = Object.fromEntries(
    [...sources, ...SETTINGS].map((path) => [path, hashOf(join(project, path))]),
  );
  // Written last, so that an interrupted build never counts as complete.
  writeFileSync(recordFile(project), `${JSON.stringify(record, null, 2)}\n`);
}

function compiled(project: string, path: string): string {
  return path.endsWith(".ts") ? join(project, "policies/bin", path.replace(/\.ts$/, ".js")) : join(project, path);
}

function recordFile(project: string): string {
  return join(project, "policies/bin/built.json");
}

function readRecord(project: string): Record | undefined {
  try {
    return JSON.parse(readFileSync(recordFile(project), "utf8"));
  } catch {
    return undefined;
  }
}

function hashOf(file: string): string {
  return existsSync(file) ? createHash("sha256").update(readFileSync(file)).digest("hex") : "";
}
