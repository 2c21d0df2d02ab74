import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { GENTLE } from "../../sandbox/behaviour.ts";
import type { Principal } from "../../sandbox/entra/directory.ts";
import { commandEnvironment } from "../../sandbox/environment.ts";
import { Program } from "../../tools/harness/program.ts";
import { PulumiProject } from "../harness/pulumiProject.ts";

// A server that Azure calls ready before it takes administrators, and whose databases belong to nobody useful once it has several.

let program: Program;
let project: PulumiProject;
let first: Principal;

before(async () => {
  program = await Program.start({ ...GENTLE, administratorDelay: 4, databaseOwner: "azuresu" });
  const { dir, sandbox } = program;
  project = await PulumiProject.open({
    name: "server",
    dir,
    program: join(import.meta.dirname, "../harness/programs/serverProgram"),
    env: { ...commandEnvironment(sandbox.environment), CI: "true" },
  });
  first = sandbox.directory.add({ displayName: "first", type: "service" });
  const second = sandbox.directory.add({ displayName: "second", type: "service" });
  const caCert = readFileSync(join(dir, "ca.pem"), "utf8");
  project.configure({ first: first.objectId, second: second.objectId, port: sandbox.databasePort, caCert });
});
after(() => program?.stop());

test("up waits for a new server to take administrators, and says so", async () => {
  const { exitCode, text } = await project.run("up");
  assert.equal(exitCode, 0, text);
  assert.match(text, /waiting for the server to take administrators, 0 s of 600 s \(.*SQLSTATE 57P03/);
  const preview = await project.run("preview", "--expect-no-changes");
  assert.equal(preview.exitCode, 0, preview.text);
});

test("a database of a server with two administrators belongs to all administrators", async () => {
  const owner = "SELECT datdba::regrole::text AS owner FROM pg_database WHERE datname = 'app'";
  const rows = await program.queryAs("first", await program.token(first), owner, "postgres");
  assert.deepEqual(rows, [{ owner: "azure_pg_admin" }]);
});

test("a destroy, which does not run the program, knows the administrators", async () => {
  const { exitCode, text } = await project.run("destroy");
  assert.equal(exitCode, 0, text);
});
