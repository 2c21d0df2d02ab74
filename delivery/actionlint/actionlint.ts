import { spawnSync } from "node:child_process";
import { accessSync, constants, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isAtLeast, OLDEST_GO } from "../../tools/pulumi/choose.ts";
import { cacheRoot } from "../../tools/pulumi/folder.ts";
import { findOnPath } from "../../tools/pulumi/probe.ts";
import { goVersion } from "../../tools/pulumi/pulumiCli.ts";
import { goEnvironment } from "../../tools/pulumi/sources.ts";
import { runStep } from "../../tools/pulumi/step.ts";

const HERE = new URL(".", import.meta.url).pathname;
const PACKAGE = "github.com/rhysd/actionlint/cmd/actionlint";

/** What {@link findActionlint} came to: the program's path, or the reason why there is none and what to do. */
export type Found = { path: string } | { reason: string };

/** Options of {@link findActionlint}. */
export interface ActionlintOptions {
  /** Takes progress, one line each. */
  log: (line: string) => void;
  /** @default the user's cache folder of this project */
  root?: string;
  /** @default the environment's PATH */
  path?: string;
}

/** The version in go.mod: the one that is built, and the oldest that is taken from PATH. */
export function pinnedVersion(goMod = readFileSync(join(HERE, "go.mod"), "utf8")): string {
  const version = /^require github\.com\/rhysd\/actionlint v(\S+)$/m.exec(goMod)?.[1];
  if (version === undefined)
    throw new Error("delivery/actionlint/go.mod does not require github.com/rhysd/actionlint.");
  return version;
}

/** Finds actionlint on PATH or in the cache, or builds it once from its Go module (about 20 s). */
export async function findActionlint(options: ActionlintOptions): Promise<Found> {
  const version = pinnedVersion();
  const onPath = findOnPath("actionlint", options.path);
  if (onPath !== undefined && isAtLeast(versionOf(onPath), version)) return { path: onPath };
  const folder = join(options.root ?? cacheRoot(), "actionlint", version);
  const built = join(folder, "actionlint");
  if (isExecutable(built) && isAtLeast(versionOf(built), version)) return { path: built };
  const go = findOnPath("go", options.path) === undefined ? undefined : goVersion();
  if (go === undefined || !isAtLeast(go, OLDEST_GO)) {
    const missing = go === undefined ? "Go is not installed" : `Go ${go} is older than ${OLDEST_GO}`;
    return {
      reason: `actionlint ${version} is not on PATH and cannot be built here: ${missing}. Install one of the two: https://github.com/rhysd/actionlint, https://go.dev/doc/install`,
    };
  }
  try {
    await build(folder, version, options.log);
    return { path: built };
  } catch (error) {
    return { reason: `Building actionlint ${version} from its Go module failed: ${(error as Error).message}` };
  }
}

/** Builds beside the final place and renames, so that a half-made program is never taken for a whole one. */
async function build(folder: string, version: string, log: (line: string) => void): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const temporary = mkdtempSync(join(folder, "part-"));
  const removeTemporary = () => rmSync(temporary, { recursive: true, force: true });
  process.once("exit", removeTemporary);
  try {
    log(`Building actionlint ${version} from its Go module, once.`);
    await runStep(
      {
        label: `Building actionlint ${version}`,
        command: ["go", "build", "-ldflags", "-s -w", "-o", join(temporary, "actionlint"), PACKAGE],
        cwd: HERE,
        env: goEnvironment(),
        limitSeconds: 600,
      },
      temporary,
    );
    renameSync(join(temporary, "actionlint"), join(folder, "actionlint"));
  } finally {
    process.off("exit", removeTemporary);
    removeTemporary();
  }
}

/** What a run of the linter came to. */
export interface LintResult {
  /** No complaint. */
  clean: boolean;
  /** The complaints with their places, or why the linter did not run. */
  output: string;
}

/**
 * Lints workflows. `shellcheck` and `pyflakes` are left out, so that the result is the same on every machine.
 * @param files default all workflows of the project
 * @param project the folder whose `.github` holds the local actions
 */
export function lintWorkflows(actionlint: string, files: readonly string[], project: string): LintResult {
  const result = spawnSync(actionlint, ["-no-color", "-oneline", "-shellcheck=", "-pyflakes=", ...files], {
    cwd: project,
    encoding: "utf8",
  });
  return {
    clean: result.status === 0,
    output: `${result.stdout ?? ""}${result.stderr ?? ""}${result.error?.message ?? ""}`.trim(),
  };
}

/** The workflows of a project, as paths from its root. */
export function workflowFiles(project: string): string[] {
  const folder = join(".github", "workflows");
  return readdirSync(join(project, folder))
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
    .map((name) => join(folder, name));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function versionOf(file: string): string {
  const result = spawnSync(file, ["-version"], { encoding: "utf8", timeout: 20_000 });
  return result.status === 0 ? (result.stdout.split("\n")[0] ?? "") : "";
}
