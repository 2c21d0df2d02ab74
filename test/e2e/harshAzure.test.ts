import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { HARSH } from "../../sandbox/behaviour.ts";
import { Program, UP } from "../../tools/harness/program.ts";
import { findSecrets } from "../harness/leakScan.ts";

// From nothing to a login that the VM has proved, and back to nothing, on an Azure that is harsh in every respect. stack.test.ts does the
// same, and much more, on a gentle one.

let program: Program;
before(async () => {
  program = await Program.start(HARSH);
  program.configure({ apps: [{ name: "app", profile: "writer", vmName: "sandbox-vm" }] });
  await program.init("sandbox");
});
after(() => program?.stop());

test("up creates everything and the VM proves its login as the identity", async () => {
  // Another principal of the VM's name: the role is bound to the VM's identity all the same.
  program.sandbox.directory.add({ displayName: "sandbox-vm", type: "service" });
  const text = await program.succeed(UP);
  const receipt = (await program.outputs()).receipts.app ?? {};
  assert.equal(receipt.sessionUser, "sandbox-vm");
  assert.equal(receipt.isAdmin, false);
  const identity = program.sandbox.directory.get(String(receipt.objectId));
  assert.equal(identity?.clientId, receipt.clientId);
  assert.ok(restarts() > 0, "the server restarts meanwhile");
  assert.deepEqual(findSecrets(text, program.tokens), []);
});

test("a preview and a refresh find nothing to change", async () => {
  await program.succeed(["preview", "--expect-no-changes", "--non-interactive"]);
  await program.succeed(["refresh", "--yes", "--skip-preview", "--expect-no-changes", "--non-interactive"]);
});

test("destroy leaves nothing", async () => {
  await program.succeed(["destroy", "--yes", "--skip-preview", "--non-interactive"]);
  assert.deepEqual(await program.resources(), []);
  assert.deepEqual(program.sandbox.azure.resources(), []);
});

/** How often the server stopped, by PostgreSQL's own log. */
function restarts(): number {
  const logs = globSync("**/postgres.log", { cwd: program.dir }).map((file) =>
    readFileSync(`${program.dir}/${file}`, "utf8"),
  );
  return logs.join("").split("received fast shutdown request").length - 1;
}
