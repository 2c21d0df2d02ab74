import { readFileSync } from "node:fs";
import { UserError } from "entra-postgres/errors";

/** An account of this host that processes run as when this process runs as root. */
export interface Account {
  name: string;
  uid: number;
  gid: number;
}

/**
 * The account of PostgreSQL, which refuses to run as root. It must be in the passwd file: initdb looks its name up.
 * @returns undefined when this process is not root and runs PostgreSQL as itself
 */
export function serviceAccount(): Account | undefined {
  return process.getuid?.() === 0 ? firstAccount(["postgres", "nobody"], "EP-SANDBOX-05") : undefined;
}

/**
 * The account that plays the virtual machine's user: not root, and not PostgreSQL's account, whose socket asks for no password.
 * @returns undefined when this process is not root: then the commands run as its own user
 */
export function machineAccount(): Account | undefined {
  const service = serviceAccount();
  return service && firstAccount(["nobody", "daemon", "bin"], "EP-SANDBOX-08", service.uid);
}

function firstAccount(names: string[], code: "EP-SANDBOX-05" | "EP-SANDBOX-08", excludedUid?: number): Account {
  const lines = readFileSync("/etc/passwd", "utf8").split("\n");
  const accounts = lines
    .map((line) => line.split(":"))
    .map(([name = "", , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }));
  for (const wanted of names) {
    const account = accounts.find(({ name, uid }) => name === wanted && uid !== excludedUid);
    if (account) return account;
  }
  const expected = `one of ${names.join(", ")} in /etc/passwd, since this process is root`;
  throw new UserError({
    code,
    step: "choosing an account",
    expected,
    found: "none",
    remedy: "run the sandbox as an ordinary user",
  });
}
