import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

/** Runs the program's preload under a Node.js that says it is of another version. */
function preload(version: string) {
  const disguise = `data:text/javascript,Object.defineProperty(process.versions,"node",{value:"${version}"})`;
  return spawnSync(
    process.execPath,
    ["--import", disguise, "--import", "./nodeVersion.mjs", "-e", "console.log('ran')"],
    {
      cwd: new URL("../..", import.meta.url),
      encoding: "utf8",
    },
  );
}

test("an older Node.js is told in a line what to do, and the program is not run", () => {
  const { status, stdout, stderr } = preload("20.20.2");
  assert.equal(status, 1);
  assert.equal(stdout, "");
  assert.match(stderr, /needs Node\.js 24 or later, and .* is 20\.20\.2\.\nNext: PATH=/);
  assert.doesNotMatch(stderr, /\n\s+at /);
});

test("Node.js 24 and later pass", () => {
  for (const version of ["24.0.0", "26.1.0"]) {
    assert.equal(preload(version).stdout, "ran\n", version);
  }
});
