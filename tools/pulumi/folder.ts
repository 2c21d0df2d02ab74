import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/** The three parts that a Node program needs: the CLI, its language host, the launch script of dynamic providers. */
export const PARTS = ["pulumi", "pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs"] as const;

const RECORD = "complete.json";

/** The user's cache folder of this project, shared by all its clones. */
export function cacheRoot(env: Record<string, string | undefined> = process.env): string {
  return join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), ".cache"), "entra-postgres");
}

/**
 * The folder of one version in the cache. It is filled elsewhere, by the one process that holds its lock, and renamed into place as a
 * whole, with a record of every file's size written last: a half-made folder never counts as whole.
 */
export class VersionFolder {
  readonly path: string;
  readonly version: string;

  constructor(root: string, version: string) {
    this.version = version;
    this.path = join(root, version);
  }

  /** Whether every part is there as it was recorded when the folder was made. */
  isWhole(): boolean {
    try {
      const record = JSON.parse(readFileSync(join(this.path, RECORD), "utf8")) as { sizes: Record<string, number> };
      return PARTS.every((part) => {
        const file = statSync(join(this.path, part));
        return file.size === record.sizes[part] && (file.mode & 0o100) !== 0;
      });
    } catch {
      return false;
    }
  }

  /** An empty folder beside the final one, on the same file system; the maker removes it when it fails. */
  makeTemporary(): string {
    mkdirSync(dirname(this.path), { recursive: true });
    return mkdtempSync(`${this.path}.part-`);
  }

  /**
   * Puts the files of `from` in place as this version.
   * @throws Error when a part is missing in `from`
   */
  adopt(from: string, source: string): void {
    for (const part of PARTS) {
      if (!existsSync(join(from, part))) throw new Error(`${part} is missing in what was to become ${this.path}.`);
      chmodSync(join(from, part), 0o755);
    }
    const sizes = Object.fromEntries(PARTS.map((part) => [part, statSync(join(from, part)).size]));
    writeFileSync(join(from, RECORD), `${JSON.stringify({ version: this.version, source, sizes }, null, 2)}\n`);
    rmSync(this.path, { recursive: true, force: true });
    renameSync(from, this.path);
  }

  /** Removes what makers left behind that did not come to their end. Only for the one who holds the maker's lock. */
  removeLeftovers(): void {
    const folder = dirname(this.path);
    if (!existsSync(folder)) return;
    for (const name of readdirSync(folder)) {
      if (name.startsWith(`${this.version}.part-`)) rmSync(join(folder, name), { recursive: true, force: true });
    }
  }
}
