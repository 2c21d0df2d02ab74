import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, describe, test } from "node:test";
import { findActionlint, pinnedVersion } from "../../delivery/actionlint/actionlint.ts";

const root = mkdtempSync(join(tmpdir(), "actionlint-"));
after(() => rmSync(root, { recursive: true }));
const newFolder = () => mkdtempSync(join(root, "case-"));

/** A folder with programs that only print. */
function programs(scripts: Record<string, string>): string {
  const folder = newFolder();
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return folder;
}

const find = (path: string, cache = newFolder()) => findActionlint({ log: () => {}, root: cache, path });
const version = pinnedVersion();

describe("the way to actionlint", () => {
  test("its version is the module's, and nothing else decides it", () => {
    assert.match(version, /^1\.\d+\.\d+$/);
    assert.throws(() => pinnedVersion("module x\n"), /does not require/);
  });

  test("one on PATH that is new enough wins", async () => {
    const folder = programs({ actionlint: `echo v${version}` });
    assert.deepEqual(await find(folder), { path: join(folder, "actionlint") });
  });

  test("one that is too old or does not start is passed over", async () => {
    for (const script of ["echo v1.6.0", "exit 1"]) {
      const found = await find(programs({ actionlint: script }));
      assert.match(
        "reason" in found ? found.reason : found.path,
        /is not on PATH and cannot be built here: Go is not installed/,
      );
    }
  });

  test("one in the cache is taken before anything is built, a broken one is not", async () => {
    for (const [script, taken] of [
      [`echo v${version}`, true],
      ["exit 1", false],
    ] as const) {
      const cache = newFolder();
      const folder = join(cache, "actionlint", version);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, "actionlint"), `#!/bin/sh\n${script}\n`);
      chmodSync(join(folder, "actionlint"), 0o755);
      assert.equal("path" in (await find(newFolder(), cache)), taken);
    }
  });

  test("a build that fails is told with Go's words, and leaves nothing half-made", async (context) => {
    const cache = newFolder();
    const go = programs({
      go: 'case "$1" in env) echo go1.26.0;; *) echo "no route to the module" >&2; exit 1;; esac',
    });
    const before = process.env.PATH;
    process.env.PATH = [go, before].join(delimiter);
    context.after(() => {
      process.env.PATH = before;
    });
    const found = await find(go, cache);
    assert.match("reason" in found ? found.reason : "", /^Building actionlint .* failed: no route to the module$/);
    assert.deepEqual(readdirSync(join(cache, "actionlint", version)), []);
  });

  test("a Go that is too old is said", async (context) => {
    const go = programs({ go: "echo go1.20.1" });
    const before = process.env.PATH;
    process.env.PATH = [go, before].join(delimiter);
    context.after(() => {
      process.env.PATH = before;
    });
    const found = await find(go);
    assert.match("reason" in found ? found.reason : "", /Go 1\.20\.1 is older than/);
  });

  test("the module's sums are committed", () => {
    const sums = new URL("../../delivery/actionlint/go.sum", import.meta.url);
    assert.ok(existsSync(sums));
    assert.match(readFileSync(sums, "utf8"), new RegExp(`^github\\.com/rhysd/actionlint v${version} h1:`, "m"));
  });
});
