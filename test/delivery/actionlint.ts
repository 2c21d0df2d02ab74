import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { goEnvironment } from "../../tools/pulumi/sources.ts";

const MODULE = join(import.meta.dirname, "../../delivery/actionlint");

/**
 * The path of actionlint in the version of delivery/actionlint/go.mod. Go builds it once and keeps it in its cache.
 * @throws Error with the reason where Go is missing or the build fails
 */
export function findActionlint(path = process.env.PATH): string {
  const env = { ...goEnvironment(), PATH: path };
  const { status, stdout, stderr, error } = spawnSync("go", ["tool", "-n", "actionlint"], {
    cwd: MODULE,
    env,
    encoding: "utf8",
  });
  if (status === 0) return stdout.trim();
  const reason = (error?.message ?? stderr).trim();
  throw new Error(`Go 1.25 or newer (https://go.dev/doc/install) could not build actionlint: ${reason}`);
}

/**
 * Lints the workflows of a folder. shellcheck and pyflakes are left out, so that the result is the same on every machine.
 * @returns the complaints, one a line; empty without any
 */
export function lintWorkflows(actionlint: string, folder: string): string {
  const workflows = readdirSync(join(folder, ".github/workflows")).map((name) => join(".github/workflows", name));
  const args = ["-no-color", "-oneline", "-shellcheck=", "-pyflakes=", ...workflows.sort()];
  const { status, stdout, stderr, error } = spawnSync(actionlint, args, { cwd: folder, encoding: "utf8" });
  if (error) throw error;
  const output = `${stdout}${stderr}`.trim();
  return status === 0 ? output : output || `actionlint ended with ${status}`;
}
