import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { cachedFolder } from "../harness/cachedFolder.ts";

/** The client's folder. */
export const PYTHON_CLIENT = join(import.meta.dirname, "../../clients/python");

/** Returns the Python of a virtual environment with the libraries of requirements.txt in a folder. */
export function pythonEnvironment(folder = PYTHON_CLIENT): string {
  const requirements = join(folder, "requirements.txt");
  const environment = cachedFolder("python", requirements, (fresh) => {
    execFileSync("python3", ["-m", "venv", fresh], { stdio: "pipe" });
    const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement", requirements];
    execFileSync(join(fresh, "bin/python"), pip, { stdio: "pipe" });
  });
  return join(environment, "bin/python");
}
