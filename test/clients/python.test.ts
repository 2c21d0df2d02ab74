import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { asksOncePerLife, outlivesItsTokens } from "./outlives.ts";
import { explainsRefusals } from "./refusals.ts";
import { testWith } from "./requirement.ts";
import { waitsForItsRole } from "./waits.ts";

const cwd = join(import.meta.dirname, "../../clients/python");
const python = { command: "python3", args: ["-c", "import venv, ensurepip, sys; assert sys.version_info >= (3, 11)"] };

/**
 * The Python of an environment with the client's libraries, made once for each list of them: by other names, so that one that was left
 * half made is never taken for a whole one.
 */
function environment(): string {
  const requirements = join(cwd, "requirements.txt");
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
      renameSync(fresh, folder);
    } finally {
      rmSync(fresh, { recursive: true, force: true });
    }
  }
  return join(folder, "bin/python");
}

for (const library of ["pool", "sqlalchemy"]) {
  const client = () => ({ command: [environment(), "main.py", "--with", library] as [string, ...string[]], cwd });
  testWith(python, `Python, ${library}: 5 connections outlive their tokens`, () => outlivesItsTokens(client()));
  testWith(python, `Python, ${library}: a token is asked for once in its life`, () => asksOncePerLife(client()));
  testWith(python, `Python, ${library}: it waits for its role`, () => waitsForItsRole(client()));
}
testWith(python, "Python: the usual refusals are explained", () =>
  explainsRefusals({ command: [environment(), "main.py"], cwd }),
);
