import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PROJECT } from "../../sandbox/project.ts";

/** Copies the program to a new folder, as a project of another name. */
export function copyProject(folder: string, name: string): void {
  mkdirSync(folder);
  for (const path of ["index.ts", "main.mjs", "package.json", "program", "components"]) {
    cpSync(join(PROJECT, path), join(folder, path), { recursive: true });
  }
  symlinkSync(join(PROJECT, "node_modules"), join(folder, "node_modules"));
  const project = readFileSync(join(PROJECT, "Pulumi.yaml"), "utf8");
  writeFileSync(join(folder, "Pulumi.yaml"), project.replace(/^name: .*$/m, `name: ${name}`));
}
