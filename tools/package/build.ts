import { execFileSync } from "node:child_process";
import { copyFileSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { publishedManifest, type Workspace } from "./manifest.ts";

const PROJECT = join(import.meta.dirname, "../..");

/**
 * Builds the npm package: JavaScript with source maps, declarations, and the scripts that run on VMs.
 * @param folder where; what is there is removed
 * @returns the folder, for `npm pack` and `npm publish`
 */
export function buildPackage(folder: string = join(PROJECT, ".package")): string {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const tsc = join(PROJECT, "node_modules/typescript/bin/tsc");
  const options = ["--project", join(import.meta.dirname, "tsconfig.json"), "--outDir", join(folder, "dist")];
  execFileSync(process.execPath, [tsc, ...options], { stdio: "inherit" });
  for (const file of globSync("dist/**/*.d.ts", { cwd: folder })) nameCompiledFiles(join(folder, file));
  for (const file of globSync("**/*.sh", { cwd: join(PROJECT, "components") })) {
    mkdirSync(dirname(join(folder, "dist", file)), { recursive: true });
    copyFileSync(join(PROJECT, "components", file), join(folder, "dist", file));
  }
  for (const file of ["LICENSE", "CHANGELOG.md"]) copyFileSync(join(PROJECT, file), join(folder, file));
  copyFileSync(join(PROJECT, "components/README.md"), join(folder, "README.md"));
  const workspace: Workspace = JSON.parse(readFileSync(join(PROJECT, "components/package.json"), "utf8"));
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(publishedManifest(workspace), null, 2)}\n`);
  return folder;
}

/** TypeScript rewrites imports in JavaScript only. */
function nameCompiledFiles(file: string): void {
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replace(/((?:from|import)\s*\(?\s*["']\.{1,2}\/[^"']+)\.ts(["'])/g, "$1.js$2"));
}

/** Packs the built package. @returns the path of the tarball */
export function pack(folder: string): string {
  const printed = execFileSync("npm", ["pack", "--json", "--pack-destination", folder], {
    cwd: folder,
    encoding: "utf8",
  });
  const [{ filename }] = JSON.parse(printed) as [{ filename: string }];
  return join(folder, filename);
}

if (import.meta.main) console.log(pack(buildPackage()));
