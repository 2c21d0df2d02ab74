import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { askStatus, attach, Control } from "../../sandbox/control.ts";
import { type Running, readRunning, removeRunning, writeRunning } from "../../sandbox/running.ts";
import { identify } from "../../tools/pulumi/processes.ts";

const root = mkdtempSync(join(tmpdir(), "control-"));
after(() => rmSync(root, { recursive: true }));
const self = identify(process.pid) ?? { pid: process.pid, started: "", boot: "" };
const STATUS = { servers: ["app"], virtualMachines: [{ name: "vm", imdsUrl: "http://127.0.0.1:4003" }] };

function runningWith(control: Control, secret = control.secret): Running {
  const ports = { databasePort: 25432, sshPort: 2222 };
  return { process: self, environment: { A: "b" }, ...ports, controlUrl: control.url, controlSecret: secret };
}

describe("what a running sandbox tells others", { timeout: 300_000 }, () => {
  test("it answers only requests with its secret", async () => {
    const control = await Control.start(() => STATUS);
    try {
      assert.deepEqual(await askStatus(runningWith(control)), STATUS);
      for (const secret of ["", "x".repeat(control.secret.length)]) {
        await assert.rejects(askStatus(runningWith(control, secret)), /status 401.*EP-CLI-10/s);
        await assert.rejects(attach(runningWith(control, secret)), /status 401.*EP-CLI-10/s);
      }
      assert.equal(control.attached, 0);
    } finally {
      await control.close();
    }
  });

  test("it counts the commands that use it", async () => {
    const control = await Control.start(() => STATUS);
    const [first, second] = await Promise.all([attach(runningWith(control)), attach(runningWith(control))]);
    assert.equal(control.attached, 2);
    first.detach();
    second.detach();
    await control.unused();
    assert.equal(control.attached, 0);
    assert.deepEqual([first.gone.aborted, second.gone.aborted], [false, false]);
    await control.close();
  });

  test("its end aborts the commands that use it", async () => {
    const control = await Control.start(() => STATUS);
    const { gone } = await attach(runningWith(control));
    const aborted = once(gone, "abort");
    await control.close();
    await aborted;
  });

  test("its file is readable by its owner only, and valid while its process lives", async () => {
    const control = await Control.start(() => STATUS);
    await control.close();
    const running = runningWith(control);
    writeRunning(root, running);
    assert.equal(statSync(join(root, "running.json")).mode & 0o777, 0o600);
    assert.deepEqual(readRunning(root), running);
    writeRunning(root, { ...running, process: { ...self, started: "1" } });
    assert.equal(readRunning(root), undefined);
    removeRunning(root);
    assert.equal(readRunning(root), undefined);
  });
});
