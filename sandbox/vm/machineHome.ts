import { chmodSync, chownSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { UserError } from "entra-postgres/errors";
import type { Account } from "../accounts.ts";
import { canEnter } from "../postgres/binaries.ts";

const PREFIX = "entra-postgres-vm-";
const NOTE = "home-directory";

/**
 * Makes the home directory of a machine's user: `<dir>/home`, or where `account` cannot enter `dir`, as in root's home, one under
 * the system's temporary directory that lasts until {@link removeTemporaryHome}.
 */
export async function makeHome(dir: string, account: Account | undefined): Promise<string> {
  removeTemporaryHome(dir);
  let home = join(resolve(dir), "home");
  if (await canEnter(account, dir)) {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    // A link left there by a command must not have another directory's owner changed.
    if (!lstatSync(home).isDirectory())
      throw new UserError({
        code: "EP-SANDBOX-07",
        step: `using ${home}`,
        expected: "a directory",
        found: "something else",
      });
  } else {
    home = mkdtempSync(join(tmpdir(), PREFIX));
    writeFileSync(join(dir, NOTE), home, { mode: 0o600 });
  }
  chmodSync(home, 0o700);
  if (account) chownSync(home, account.uid, account.gid);
  return home;
}

/** Removes the home under the system's temporary directory, also one that a killed process left behind. */
export function removeTemporaryHome(dir: string): void {
  const note = join(dir, NOTE);
  let home: string;
  try {
    home = readFileSync(note, "utf8");
  } catch {
    return;
  }
  if (basename(home).startsWith(PREFIX)) rmSync(home, { recursive: true, force: true });
  rmSync(note, { force: true });
}
