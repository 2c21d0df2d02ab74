import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** The client's folder. */
export const PYTHON_CLIENT = join(import.meta.dirname, "../../clients/python");

/**
 * Returns the Python of a virtual environment with the client's libraries. It is made once for each version of requirements.txt, and renamed
 * only when complete.
 */
export function pythonEnvironment(): string {
  const requirements = join(PYTHON_CLIENT, "requirements.txt");
  const hash = createHash("sha256").update(readFileSync(requirements)).digest("hex").slice(0, 16);
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "entra-postgres", "clients");
  const folder = join(cache, `python-${hash}`);
  if (!existsSync(folder)) {
    mkdirSync(cache, { recursive: true });
    const fresh = mkdtempSync(join(cache, "python-"));
    try {
      execFileSync("python3", ["-m", "venv", fresh], { stdio: "pipe" });
      const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", requirements];
      execFileSync(join(fresh, "bin/python"), pip, { stdio: "pipe" });
      renameUnlessThere(fresh, folder);
    } finally {
      rmSync(fresh, { recursive: true, force: true });
    }
  }
  return join(folder, "bin/python");
}

/** Renames the folder, unless another test has made the environment meanwhile. */
function renameUnlessThere(fresh: string, folder: string): void {
  try {
    renameSync(fresh, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
}
