import { execFileSync } from "node:child_process";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { cachedFolder } from "../harness/cachedFolder.ts";

/** The folder with the tools' versions. */
export const LIBRARIES = join(import.meta.dirname, "libraries");

/** Returns a folder node_modules with the tools for Node. */
export function nodeModules(): string {
  const source = join(LIBRARIES, "package.json");
  const folder = cachedFolder("node", source, (fresh) => {
    copyFileSync(source, join(fresh, "package.json"));
    execFileSync("npm", ["install", "--ignore-scripts", "--no-package-lock"], { cwd: fresh, stdio: "pipe" });
  });
  return join(folder, "node_modules");
}

/** Returns a class path with the tools for Java. */
export function classPath(): string {
  const folder = cachedFolder("java", join(LIBRARIES, "pom.xml"), (fresh) => {
    const goals = ["dependency:copy-dependencies", `-DoutputDirectory=${fresh}`];
    execFileSync("mvn", ["--quiet", "--batch-mode", ...goals], { cwd: LIBRARIES, stdio: "pipe" });
  });
  return join(folder, "*");
}
