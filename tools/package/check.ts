import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { buildPackage, pack } from "./build.ts";

const BIN = join(import.meta.dirname, "../../node_modules/.bin");

/** Builds and packs the package, and checks what users' tools would find: entries, files, types. @returns the tarball */
export function checkedPackage(folder?: string): string {
  const built = buildPackage(folder);
  execFileSync(join(BIN, "publint"), [built, "--strict"], { stdio: "inherit" });
  const tarball = pack(built);
  execFileSync(join(BIN, "attw"), [tarball, "--profile", "esm-only", "--format", "ascii", "--quiet"], {
    stdio: "inherit",
  });
  return tarball;
}

if (import.meta.main) {
  console.log(`${checkedPackage()} is ready for npm publish`);
  console.log("Installing it into an empty project, and bringing that up on the sandbox ...");
  execFileSync(process.execPath, ["--test", join(import.meta.dirname, "../../test/e2e/package.test.ts")], {
    stdio: "inherit",
  });
}
