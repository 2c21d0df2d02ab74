import { readFileSync } from "node:fs";
import { UserError } from "entra-postgres/errors";
import { type Account, serviceAccount } from "../postgres/binaries.ts";

/** Accounts without rights that every Unix system has, in the order of preference. */
const CANDIDATES = ["nobody", "daemon", "bin"];

/**
 * The account that plays the VM's user: not root, and not the one that PostgreSQL runs as, whose socket asks for no
 * password. Undefined when this process is not root: then the commands run as its own user.
 */
export function machineAccount(): Account | undefined {
  const service = serviceAccount();
  if (service === undefined) {
    return undefined;
  }
  const accounts = new Map(
    readFileSync("/etc/passwd", "utf8")
      .split("\n")
      .map((line) => line.split(":"))
      .map(([name = "", , uid, gid]) => [name, { name, uid: Number(uid), gid: Number(gid) }]),
  );
  for (const name of CANDIDATES) {
    const account = accounts.get(name);
    if (account && account.uid !== service.uid) {
      return account;
    }
  }
  throw new UserError({
    code: "EP-SANDBOX-08",
    step: "choosing the account of the virtual machine's user",
    expected: `one of ${CANDIDATES.join(", ")} in /etc/passwd`,
    found: "none of them",
  });
}
