import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/**
 * Returns a folder of the user's cache, made once for each content of a file.
 * @param kind the beginning of the folder's name
 * @param source the file, which lists what the folder holds
 * @param make fills an empty folder, which is renamed when it is complete
 */
export function cachedFolder(kind: string, source: string, make: (folder: string) => void): string {
  const hash = createHash("sha256").update(readFileSync(source)).digest("hex").slice(0, 16);
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "entra-postgres", "clients");
  const folder = join(cache, `${kind}-${hash}`);
  if (!existsSync(folder)) {
    mkdirSync(cache, { recursive: true });
    const fresh = mkdtempSync(join(cache, `${kind}-`));
    try {
      make(fresh);
      renameUnlessThere(fresh, folder);
    } finally {
      rmSync(fresh, { recursive: true, force: true });
    }
  }
  return folder;
}

/** Renames the folder, unless another test has made it meanwhile. */
function renameUnlessThere(fresh: string, folder: string): void {
  try {
    renameSync(fresh, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
}
