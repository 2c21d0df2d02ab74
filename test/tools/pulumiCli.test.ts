import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { chooseSources, type Facts, isAtLeast, PINNED_VERSION, passedOver, remedy } from "../../tools/pulumi/choose.ts";
import { cacheRoot, PARTS, VersionFolder } from "../../tools/pulumi/folder.ts";
import { probePath } from "../../tools/pulumi/probe.ts";
import { identify, isAlive } from "../../tools/pulumi/processes.ts";
import { ProcessLock } from "../../tools/pulumi/processLock.ts";

const root = mkdtempSync(join(tmpdir(), "pulumi-cli-"));
after(() => rmSync(root, { recursive: true }));
const newFolder = () => mkdtempSync(join(root, "case-"));

const nothing: Facts = { cached: false, npm: false };
const onPath = { folder: "/opt/pulumi", version: "3.260.1" };

describe("the way to a Pulumi CLI", () => {
  for (const [name, facts, sources] of [
    ["one on PATH that is new enough wins over all", { onPath, cached: true, npm: true, go: "1.26.0" }, ["path"]],
    [
      "one that is too old is passed over",
      { onPath: { ...onPath, version: "3.249.9" }, cached: true, npm: true },
      ["cache"],
    ],
    [
      "one that does not work is passed over",
      { onPath: { ...onPath, problem: "x" }, cached: true, npm: true },
      ["cache"],
    ],
    ["the cache before a download", { cached: true, npm: true, go: "1.26.0" }, ["cache"]],
    ["the download before a build", { ...nothing, npm: true, go: "1.26.0" }, ["download", "build"]],
    ["only a download without Go", { ...nothing, npm: true }, ["download"]],
    ["a Go too old to read the modules is not used", { ...nothing, go: "1.20.14" }, []],
    ["nothing", nothing, []],
  ] as const) {
    test(name, () => assert.deepEqual(chooseSources(facts), sources));
  }

  test("versions are compared by number", () => {
    assert.equal(isAtLeast("3.1000.0", "3.250.0"), true);
    assert.equal(isAtLeast("v3.25.0", "3.250.0"), false);
    assert.equal(isAtLeast("3.250", "3.250.0"), true);
    assert.equal(isAtLeast("", "3.250.0"), false);
  });

  test("a CLI that is passed over is named with the reason", () => {
    assert.match(
      passedOver({ ...nothing, onPath: { ...onPath, version: "3.100.0" } }) ?? "",
      /3\.100\.0 in \/opt\/pulumi is older than/,
    );
    assert.match(
      passedOver({ ...nothing, onPath: { ...onPath, problem: "no host" } }) ?? "",
      /cannot be used: no host/,
    );
    assert.equal(passedOver({ ...nothing, onPath }), undefined);
  });

  test("the message without a way names the failures and three remedies", () => {
    const message = remedy({ ...nothing, npm: true }, ["The download failed: no route."]);
    assert.match(message, /The download failed: no route\./);
    assert.match(message, /Go is not installed/);
    for (const number of [1, 2, 3]) assert.match(message, new RegExp(`^ {2}${number}\\. `, "m"));
    assert.match(remedy({ ...nothing, go: "1.19.1" }, []), /Go 1\.19\.1 is older/);
  });
});

describe("main.ts without npm, Go and Pulumi", () => {
  test("ends with one message on standard error and prints no folder", () => {
    const result = spawnSync(process.execPath, [new URL("../../tools/pulumi/main.ts", import.meta.url).pathname], {
      env: { PATH: newFolder(), XDG_CACHE_HOME: newFolder() },
      encoding: "utf8",
    });
    assert.equal(result.status, 1);
    assert.equal(result.stdout, "");
    assert.match(result.stderr, /^No Pulumi CLI .* could be had\.\n.*Go is not installed\./s);
    assert.doesNotMatch(result.stderr, /^ {4}at /m);
  });
});

/** A CLI made of shell scripts. */
function fakeCli(parts: Partial<Record<(typeof PARTS)[number], string>>): string {
  const folder = newFolder();
  for (const [name, script] of Object.entries(parts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return folder;
}

const works = {
  pulumi: "echo v3.261.0",
  "pulumi-language-nodejs": "echo 4711",
  "pulumi-resource-pulumi-nodejs": "echo 4712",
};

describe("the CLI on PATH", () => {
  const probe = (folder: string) => probePath(`${folder}:/bin:/usr/bin`);

  test("a complete one is taken", async () => {
    const folder = fakeCli(works);
    assert.deepEqual(await probe(folder), { folder, version: "3.261.0" });
  });

  for (const [what, parts, problem] of [
    ["missing parts", { pulumi: works.pulumi }, /pulumi-language-nodejs and pulumi-resource-pulumi-nodejs is missing/],
    [
      "a broken language host",
      { ...works, "pulumi-language-nodejs": "echo broken; exit 1" },
      /-language-nodejs does not/,
    ],
    [
      "a broken launch script",
      { ...works, "pulumi-resource-pulumi-nodejs": "exit 0" },
      /-pulumi-nodejs does not start/,
    ],
  ] as const) {
    test(`one with ${what} is not taken`, async () => {
      assert.match((await probe(fakeCli(parts)))?.problem ?? "", problem);
    });
  }
});

test("--pinned prefers the pinned version to the one on PATH", () => {
  const cli = fakeCli(works);
  const cache = newFolder();
  const pinned = new VersionFolder(join(cache, "entra-postgres"), PINNED_VERSION);
  pinned.adopt(made(pinned), "test");
  const main = new URL("../../tools/pulumi/main.ts", import.meta.url).pathname;
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [main, ...args], {
      env: { PATH: `${cli}:/bin:/usr/bin`, XDG_CACHE_HOME: cache },
      encoding: "utf8",
    }).stdout.trim();
  assert.equal(run(), cli);
  assert.equal(run("--pinned"), pinned.path);
});

/** Files as a maker leaves them, not yet in place. */
function made(folder: VersionFolder): string {
  const temporary = folder.makeTemporary();
  for (const part of PARTS) writeFileSync(join(temporary, part), `this is ${part}`);
  return temporary;
}

describe("the cache", () => {
  test("lies in XDG_CACHE_HOME, else in ~/.cache", () => {
    assert.equal(cacheRoot({ XDG_CACHE_HOME: "/x", HOME: "/h" }), "/x/entra-postgres");
    assert.equal(cacheRoot({ XDG_CACHE_HOME: "", HOME: "/h" }), "/h/.cache/entra-postgres");
  });

  test("takes a complete, executable folder", () => {
    const folder = new VersionFolder(newFolder(), PINNED_VERSION);
    assert.equal(folder.isWhole(), false);
    folder.adopt(made(folder), "build");
    assert.equal(folder.isWhole(), true);
  });

  test("does not take an incomplete or damaged folder, and replaces it", () => {
    const bare = new VersionFolder(newFolder(), PINNED_VERSION);
    mkdirSync(bare.path);
    for (const part of PARTS) writeFileSync(join(bare.path, part), "x", { mode: 0o755 });
    assert.equal(bare.isWhole(), false);
    bare.adopt(made(bare), "build");
    assert.equal(bare.isWhole(), true);
    for (const spoil of [
      (file: string) => truncateSync(file, 3),
      (file: string) => rmSync(file),
      (file: string) => chmodSync(file, 0o644),
    ]) {
      const folder = new VersionFolder(newFolder(), PINNED_VERSION);
      folder.adopt(made(folder), "build");
      spoil(join(folder.path, "pulumi"));
      assert.equal(folder.isWhole(), false);
    }
  });

  test("refuses files that are not complete", () => {
    const folder = new VersionFolder(newFolder(), PINNED_VERSION);
    const temporary = made(folder);
    rmSync(join(temporary, "pulumi-language-nodejs"));
    assert.throws(() => folder.adopt(temporary, "build"), /pulumi-language-nodejs is missing/);
    assert.equal(existsSync(folder.path), false);
  });

  test("leftovers of killed processes are removed, the folder is not", () => {
    const base = newFolder();
    const folder = new VersionFolder(base, PINNED_VERSION);
    folder.adopt(made(folder), "build");
    made(folder);
    folder.removeLeftovers();
    assert.deepEqual(readdirSync(base), [PINNED_VERSION]);
  });
});

describe("the lock", () => {
  test("is held by one process, names it, and is free after release", () => {
    const path = join(newFolder(), "lock");
    const lock = ProcessLock.take(path);
    assert.ok(lock instanceof ProcessLock);
    const second = ProcessLock.take(path);
    assert.ok(!(second instanceof ProcessLock));
    assert.equal(second.pid, process.pid);
    assert.equal(ProcessLock.holder(path)?.pid, process.pid);
    lock.release();
    assert.equal(ProcessLock.holder(path), undefined);
    assert.ok(ProcessLock.take(path) instanceof ProcessLock);
  });

  test("of an ended process is stale, even when its id is reused", () => {
    const own = identify(process.pid);
    assert.ok(own && isAlive(own));
    const gone = spawnSync(process.execPath, ["-p", "process.pid"], { encoding: "utf8" });
    for (const holder of [
      { ...own, pid: Number(gone.stdout) },
      { ...own, started: "1" },
      { ...own, boot: "another" },
    ]) {
      const path = join(newFolder(), "lock");
      writeFileSync(path, JSON.stringify(holder));
      assert.equal(ProcessLock.holder(path), undefined);
      assert.ok(ProcessLock.take(path) instanceof ProcessLock);
    }
  });

  test("takes over an unreadable file and leaves no others", () => {
    const folder = newFolder();
    const path = join(folder, "lock");
    writeFileSync(path, "{ half");
    const lock = ProcessLock.take(path);
    assert.deepEqual(readdirSync(folder), ["lock"]);
    assert.ok(lock instanceof ProcessLock);
    lock.release();
    assert.deepEqual(readdirSync(folder), []);
  });
});
