import { chmodSync, chownSync, lstatSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { UserError } from "entra-postgres/errors";
import { type Account, canEnter } from "../accounts.ts";
import { TemporaryFolder } from "../temporaryFolder.ts";

/** The homes of machines whose user cannot enter the sandbox's folder, as in root's home. They last until the machine stops. */
export const TEMPORARY_HOMES = new TemporaryFolder("entra-postgres-vm-", "home-directory");

/** Makes the home directory of a machine's user: `<dir>/home`, or a temporary one where `account` cannot enter `dir`. */
export async function makeHome(dir: string, account: Account): Promise<string> {
  TEMPORARY_HOMES.remove(dir);
  if (!(await canEnter(account, dir))) return TEMPORARY_HOMES.make(dir, account);
  const home = join(resolve(dir), "home");
  mkdirSync(home, { recursive: true, mode: 0o700 });
  // A command may have left a link there: the owner of the directory that it leads to must not change.
  if (!lstatSync(home).isDirectory()) {
    const found = "something else";
    throw new UserError({ code: "EP-SANDBOX-07", step: `using ${home}`, expected: "a directory", found });
  }
  chmodSync(home, 0o700);
  chownSync(home, account.uid, account.gid);
  return home;
}
