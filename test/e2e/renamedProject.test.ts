import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { projectName } from "../../sandbox/project.ts";
import { Program } from "../../tools/harness/program.ts";
import { copyProject } from "../harness/projectCopy.ts";

let program: Program;
let folder: string;
const pulumi = (...args: string[]) => program.run("pulumi", ["-C", folder, ...args]);
const preview = () => pulumi("preview", "--json", "--stack", "sandbox", "--config-file", join(folder, "stack.yaml"));

before(async () => {
  program = await Program.start();
  folder = join(program.dir, "renamed");
  copyProject(folder, "orders");
  program.configure({}, join(folder, "stack.yaml"));
  const made = await pulumi("stack", "init", "--no-select", "sandbox");
  assert.equal(made.exitCode, 0, made.text);
});
after(() => program?.stop());

test("a renamed project reads the sandbox's committed stack file", async () => {
  const { exitCode, text } = await preview();
  assert.equal(exitCode, 0, text);
  const { steps } = JSON.parse(text.slice(text.indexOf("{"))) as {
    steps: { newState: { type: string; inputs: Record<string, unknown> } }[];
  };
  const inputsOf = (type: string) => steps.flatMap(({ newState }) => (newState.type === type ? [newState.inputs] : []));
  const machines = inputsOf("azure-native:compute:VirtualMachine");
  assert.deepEqual(machines.map(({ vmName }) => vmName).sort(), ["orders-vm", "reports-vm"]);
  const [server] = inputsOf("azure-native:dbforpostgresql:Server");
  assert.deepEqual(server?.tags, { environment: "dev", project: "orders", stack: "sandbox" });
});

test("keys of the old name are refused with the commands that move them", async () => {
  program.configure({ [`${projectName()}:location`]: "northeurope" }, join(folder, "stack.yaml"));
  const { exitCode, text } = await preview();
  assert.notEqual(exitCode, 0);
  assert.match(text, /EP-CONFIG-06/);
  assert.match(text, /pulumi config rm --stack sandbox /);
});
