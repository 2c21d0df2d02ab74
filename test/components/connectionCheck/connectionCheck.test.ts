import assert from "node:assert/strict";
import { test } from "node:test";
import type { ConnectionCheckArgs } from "entra-postgres";
import { CLIENT_ID, inputsOf, RECEIPT_LINE, recordResources, resolved, settled } from "../../harness/mocks.ts";

const args: ConnectionCheckArgs = {
  resourceGroupName: "rg",
  location: "westeurope",
  vmName: "orders",
  host: "db.example",
  database: "app",
  user: "orders",
  objectId: "aaaaaaaa-0000-0000-0000-000000000001",
  clientId: CLIENT_ID,
};

const { outcomes: _, ...LOGIN } = JSON.parse(RECEIPT_LINE);
const RECEIPT = { ...LOGIN, allowed: [], denied: [] };

async function check(changes: Partial<ConnectionCheckArgs> = {}) {
  const registered = await recordResources();
  const { ConnectionCheck } = await import("entra-postgres");
  const component = new ConnectionCheck("app", { ...args, ...changes });
  const receipt = await resolved(component.receipt);
  await settled(component);
  return { registered, receipt };
}

test("without an SSH key the test runs by Azure's run command", async () => {
  const { registered, receipt } = await check();
  const [command] = inputsOf(registered, "azure-native:compute:VirtualMachineRunCommandByVirtualMachine");
  assert.equal(command?.vmName, "orders");
  assert.equal(command?.treatFailureAsDeploymentFailure, true);
  assert.equal(command?.asyncExecution, false);
  assert.deepEqual(inputsOf(registered, "command:remote:Command"), []);
  assert.deepEqual(receipt, RECEIPT);
});

test("with an SSH key the test runs over SSH, and the key is a secret", async () => {
  const { registered, receipt } = await check({ sshPrivateKey: "PRIVATE KEY", sshHost: "20.0.0.7", sshPort: 2222 });
  const [command] = inputsOf(registered, "command:remote:Command");
  const connection = command?.connection as Record<string, unknown>;
  assert.match(JSON.stringify(connection), /1b47061264138c4ac30d75fd1eb44270/, "the engine's mark of a secret");
  assert.doesNotMatch(JSON.stringify({ ...command, connection: undefined }), /PRIVATE KEY/);
  assert.deepEqual(command?.triggers, [args.objectId]);
  assert.deepEqual(inputsOf(registered, "azure-native:compute:VirtualMachineRunCommandByVirtualMachine"), []);
  assert.deepEqual(receipt, RECEIPT);
});

test("the script asks for the article's token and verifies TLS in full", async () => {
  const { registered } = await check();
  const [command] = inputsOf(registered, "azure-native:compute:VirtualMachineRunCommandByVirtualMachine");
  const script = (command?.source as { script: string } | undefined)?.script ?? "";
  assert.match(script, /^CLIENT_ID=cccccccc-/);
  assert.match(
    script,
    /\$\{AZURE_POD_IDENTITY_AUTHORITY_HOST:-http:\/\/169\.254\.169\.254\}\/metadata\/identity\/oauth2\/token/,
  );
  assert.match(script, /oauth2\/token\?api-version=2018-02-01"$/m);
  assert.match(script, /^ {2}curl .* --get --data-urlencode "resource=\$asked_resource" -H Metadata:true /m);
  assert.match(script, /^answer=\$\(ask_metadata "\$TOKEN_RESOURCE" "\$CLIENT_ID" /m);
  assert.match(script, /^TOKEN_RESOURCE=https:\/\/ossrdbms-aad\.database\.windows\.net$/m);
  assert.match(script, /PGSSLMODE=verify-full/);
});

test("the script asks for a token of the deployment's cloud", async () => {
  process.env.ARM_ENVIRONMENT = "usgovernment";
  const { registered } = await check();
  delete process.env.ARM_ENVIRONMENT;
  const [command] = inputsOf(registered, "azure-native:compute:VirtualMachineRunCommandByVirtualMachine");
  const script = (command?.source as { script: string } | undefined)?.script ?? "";
  assert.match(script, /^TOKEN_RESOURCE=https:\/\/ossrdbms-aad\.database\.usgovcloudapi\.net$/m);
  assert.doesNotMatch(script, /database\.windows\.net/);
});
