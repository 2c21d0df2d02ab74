import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Program, UP } from "../../tools/harness/program.ts";

let program: Program;
before(async () => {
  program = await Program.start();
  program.configure(ONE_APP);
  await program.init("sandbox");
  await program.succeed(UP);
});
after(() => program?.stop());

const ONE_APP = { apps: [{ name: "app", profile: "writer", vmName: "sandbox-vm" }] };
const PRIVATE = { ...ONE_APP, publicAccess: "Disabled", allowedAddresses: [] };

test("a server without public access moves the VM to its network by replacing it, and back; its role stays", async () => {
  for (const config of [PRIVATE, ONE_APP]) {
    program.configure(config);
    const text = await program.succeed(UP);
    assert.match(text, /NetworkInterface app-nic replaced/);
    assert.match(text, /VirtualMachine app-vm replaced/);
    assert.match(text, /EntraPrincipal app updated/);
    await program.succeed(["preview", "--expect-no-changes", "--non-interactive"]);
  }
});
