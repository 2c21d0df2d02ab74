import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { UserError } from "entra-postgres/errors";

/**
 * A value in one JSON file that only its owner can read (mode 0600). A save replaces the file in one step, so a reader finds the old value or
 * the new one. There is one writer.
 */
export class StateFile<T> {
  /** The path of the file. */
  readonly path: string;
  /** The loaded value, or the initial one. Change it in place, then {@link save} it. */
  readonly value: T;

  /**
   * Loads the file, or takes the initial value when the file does not exist.
   * @throws Error when the file cannot be read or is not JSON
   */
  constructor(path: string, initial: () => T) {
    this.path = path;
    this.value = load<T>(path) ?? initial();
  }

  /** Writes the value, and makes missing directories. */
  save(): void {
    mkdirSync(dirname(this.path), { recursive: true });
    const fresh = `${this.path}.${randomUUID()}.new`;
    try {
      writeFileSync(fresh, `${JSON.stringify(this.value, undefined, 2)}\n`, { mode: 0o600, flag: "wx" });
      renameSync(fresh, this.path);
    } catch (error) {
      rmSync(fresh, { force: true });
      throw error;
    }
  }
}

function load<T>(path: string): T | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    return JSON.parse(text) as T;
  } catch {
    // The parser's message would quote the text, which may hold a private key.
    throw new UserError({ code: "EP-SANDBOX-04", step: `reading ${path}`, expected: "JSON", found: "something else" });
  }
}
