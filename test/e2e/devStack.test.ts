import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Program } from "../../tools/harness/program.ts";

let program: Program;
before(async () => {
  program = await Program.start();
  program.configureAs("dev");
  await program.init("dev");
});
after(() => program?.stop());

test("the dev stack has no password, no open firewall and closed SSH", async () => {
  const { exitCode, text } = await program.pulumi(["preview", "--json"], {}, "dev");
  assert.equal(exitCode, 0, text);
  const { steps } = JSON.parse(text) as { steps: { newState: { type: string; inputs: Record<string, unknown> } }[] };
  const inputsOf = (type: string) => steps.flatMap(({ newState }) => (newState.type === type ? [newState.inputs] : []));
  const inputs = steps.map(({ newState }) => newState.inputs);
  assert.doesNotMatch(JSON.stringify(inputs), /administratorLogin|adminPassword|"password(Wo)?"/);
  assert.deepEqual(inputsOf("azure-native:dbforpostgresql:Server")[0]?.authConfig, {
    activeDirectoryAuth: "Enabled",
    passwordAuth: "Disabled",
    tenantId: program.sandbox.directory.tenantId,
  });
  const rules = inputsOf("azure-native:dbforpostgresql:FirewallRule");
  assert.equal(rules.length, 2, "the VM and the one allowed address");
  for (const rule of rules) {
    assert.equal(rule.startIpAddress, rule.endIpAddress, "one address each");
    assert.notEqual(rule.startIpAddress, "0.0.0.0");
  }
  assert.deepEqual(inputsOf("azure-native:network:NetworkSecurityGroup")[0]?.securityRules, []);
});

test("up refuses the example's address and asks for the user's own", async () => {
  const { exitCode, text } = await program.pulumi(["up", "--yes", "--skip-preview"], {}, "dev");
  assert.notEqual(exitCode, 0);
  assert.match(text, /allowedAddresses\[0\] is "203\.0\.113\.10"[\s\S]*your own address/);
});
