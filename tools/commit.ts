import { spawnSync } from "node:child_process";

/**
 * The commit that is checked out, for people to read: `1a2b3c4d5e`, and whether files of it were changed.
 * @returns undefined where the folder is no checkout of git's, or git is missing
 */
export function checkedOutCommit(folder: string): string | undefined {
  const commit = git(folder, ["rev-parse", "--short=10", "HEAD"]);
  if (commit === undefined) return undefined;
  const changes = git(folder, ["status", "--porcelain", "--untracked-files=no"]);
  return changes === "" ? commit : `${commit} with changes`;
}

function git(folder: string, args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync("git", ["-C", folder, ...args], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}
