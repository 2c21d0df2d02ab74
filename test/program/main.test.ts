import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

/** Enters the program as the engine does, under a Node.js that says it is of another version. */
function enter(version: string) {
  const disguise = `data:text/javascript,Object.defineProperty(process.versions,"node",{value:"${version}"})`;
  const enter =
    "import('./main.mjs').then((main) => console.log(typeof main.default), (e) => console.log(e.constructor.name, e.message))";
  return spawnSync(process.execPath, ["--import", disguise, "-e", enter], {
    cwd: new URL("../..", import.meta.url),
    encoding: "utf8",
  }).stdout;
}

test("an older Node.js gets an error with the next step and without a stack", () => {
  assert.match(
    enter("22.20.2"),
    /^RunError This program needs Node\.js 24 or later, and .* is 22\.20\.2\.\n {2}next: PATH="\$PWD\/node_modules\/\.bin:\$PATH" pulumi up.*\n {2}code: EP-CONFIG-09\n$/,
  );
});

test("Node.js 24 and later pass", () => {
  for (const version of ["24.0.0", "26.1.0"]) {
    assert.equal(enter(version), "function\n", version);
  }
});
