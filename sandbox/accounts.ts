import { execFile } from "node:child_process";
import { lstatSync, readFileSync } from "node:fs";
import { promisify } from "node:util";
import { UserError } from "entra-postgres/errors";

const run = promisify(execFile);

/** An account of this host that processes run as. */
export interface Account {
  name: string;
  uid: number;
  gid: number;
}

/** The environment of commands that must not see this process's own, which may hold credentials. */
export const CLEAN_ENVIRONMENT = { PATH: "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" };

/** This process's own account. */
export function ownAccount(): Account {
  return { name: "this user", uid: process.getuid?.() ?? -1, gid: process.getgid?.() ?? -1 };
}

/**
 * The account of PostgreSQL, which refuses to run as root: this process's own, unless that is root. It must be in the passwd file, because initdb
 * looks its name up.
 */
export function serviceAccount(): Account {
  const own = ownAccount();
  return own.uid === 0 ? firstAccount(["postgres", "nobody"], "EP-SANDBOX-05") : own;
}

/**
 * The account of a virtual machine's user: this process's own, unless that is root. It is never PostgreSQL's account, whose socket asks for no
 * password.
 */
export function machineAccount(): Account {
  const own = ownAccount();
  return own.uid === 0 ? firstAccount(["nobody", "daemon", "bin"], "EP-SANDBOX-08", serviceAccount().uid) : own;
}

/** Whether an account can run a program, and the program succeeds. */
export async function canRun({ uid, gid }: Account, program: string, args: string[]): Promise<boolean> {
  const done = run(program, args, { cwd: "/", env: CLEAN_ENVIRONMENT, uid, gid });
  return done.then(
    () => true,
    () => false,
  );
}

/** Whether an account can enter a directory. */
export function canEnter(account: Account, directory: string): Promise<boolean> {
  return canRun(account, "/bin/sh", ["-c", 'cd "$1"', "sh", directory]);
}

/** Refuses a directory with a predictable name that another user may have made. @throws UserError */
export function requireOwnDirectory(directory: string): void {
  const { uid, mode } = lstatSync(directory);
  if (uid === ownAccount().uid && (mode & 0o022) === 0) return;
  const expected = "a directory that only its owner can write to";
  throw new UserError({ code: "EP-SANDBOX-07", step: `using ${directory}`, expected, found: "others can" });
}

function firstAccount(names: string[], code: "EP-SANDBOX-05" | "EP-SANDBOX-08", excludedUid?: number): Account {
  const accounts = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"))
    .map(([name = "", , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter(({ uid }) => uid !== excludedUid);
  const found = names.map((wanted) => accounts.find(({ name }) => name === wanted)).find((each) => each);
  if (found) return found;
  const expected = `one of ${names.join(", ")} in /etc/passwd, since this process is root`;
  const remedy = "run the sandbox as an ordinary user";
  throw new UserError({ code, step: "choosing an account", expected, found: "none", remedy });
}
