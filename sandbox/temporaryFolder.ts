import { chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Account } from "./accounts.ts";

/**
 * A kind of folder under the system's temporary directory. A note in the sandbox's state names the folder, so that the next start removes one that
 * a killed process left behind.
 */
export class TemporaryFolder {
  readonly #prefix: string;
  readonly #note: string;

  /**
   * @param prefix start of the folders' names
   * @param note name of the file with the folder's path
   */
  constructor(prefix: string, note: string) {
    this.#prefix = prefix;
    this.#note = note;
  }

  /** Makes the folder of a state folder, of mode 0700 and owned by the account, in place of an earlier one. */
  make(dir: string, { uid, gid }: Account): string {
    this.remove(dir);
    const made = mkdtempSync(join(tmpdir(), this.#prefix));
    writeFileSync(join(dir, this.#note), made, { mode: 0o600 });
    chownSync(made, uid, gid);
    return made;
  }

  /** Removes the folder of a state folder, if there is one. */
  remove(dir: string): void {
    const note = join(dir, this.#note);
    let made: string;
    try {
      made = readFileSync(note, "utf8");
    } catch {
      return;
    }
    if (basename(made).startsWith(this.#prefix)) rmSync(made, { recursive: true, force: true });
    rmSync(note, { force: true });
  }
}
