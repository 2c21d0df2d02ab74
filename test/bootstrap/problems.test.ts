import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, test } from "node:test";
import { BootstrapWorld, REPOSITORY } from "./bootstrapContext.ts";

const APPLY = [...REPOSITORY, "--apply"];

/** Errors as Azure and az word them, and what is said of them. */
const ERRORS: readonly { command: string; says: string; expected: RegExp }[] = [
  {
    command: "group create",
    says: "(AuthorizationFailed) The client 'ada@example.com' with object id 'aaaa' does not have authorization to perform action 'Microsoft.Resources/subscriptions/resourcegroups/write' over scope '/subscriptions/1/resourcegroups/rg' or the scope is invalid. If access was recently granted, please refresh your credentials.",
    expected:
      /^You may not do Microsoft\.Resources\/subscriptions\/resourcegroups\/write on \/subscriptions\/1\/resourcegroups\/rg\. Next: .*Owner of the subscription, or Contributor and User Access Administrator/,
  },
  {
    command: "role assignment create",
    says: "(AuthorizationFailed) The client 'x' with object id 'y' does not have authorization to perform action 'Microsoft.Authorization/roleAssignments/write' over scope '/s' or the scope is invalid.",
    expected: /^You may not do Microsoft\.Authorization\/roleAssignments\/write on \/s\. /,
  },
  {
    command: "ad group create",
    says: "Insufficient privileges to complete the operation.",
    expected:
      /^You may not make groups in Microsoft Entra ID .* Groups Administrator .*\n {2}command: az ad group create --display-name entra-postgres-dev-db-admins /,
  },
  {
    command: "ad group member add",
    says: "Insufficient privileges to complete the operation.",
    expected: /owner of the group.*\n {2}command: az ad group member add --group /,
  },
  {
    command: "storage account create",
    says: "(StorageAccountAlreadyTaken) The storage account named stentrapostgresdev7ec2fd is already taken.\nCode: StorageAccountAlreadyTaken",
    expected: /Next: --state-account <another name>/,
  },
  {
    command: "keyvault create",
    says: "(ConflictError) A vault with the same name already exists in deleted state. You need to either recover or purge existing key vault.",
    expected: /Next: az keyvault recover --name <name>/,
  },
  {
    command: "keyvault create",
    says: "(VaultAlreadyExists) The vault name 'kv' is already in use.",
    expected: /Next: --key-vault <another name>/,
  },
  {
    command: "storage account create",
    says: '(RequestDisallowedByPolicy) Resource \'st\' was disallowed by policy. Policy identifiers: \'[{"policyAssignment":{"name":"no public network"}}]\'.',
    expected: /^Azure Policy "no public network" forbids it\./,
  },
  {
    command: "group show",
    says: "AADSTS700082: The refresh token has expired due to inactivity.\nInteractive authentication is needed. Please run:\naz login",
    expected: /^You are not logged in to Azure, or the login is over\. Next: az login\n/,
  },
  {
    command: "identity create",
    says: "(SomethingNew) Nobody has seen this before.",
    expected: /^ {2}command: az identity create .*\n {2}az: ERROR: \(SomethingNew\) Nobody has seen this before\.$/,
  },
];

describe("what the bootstrap says when it cannot go on", () => {
  for (const { command, says, expected } of ERRORS) {
    test(`az ${command}: ${says.slice(0, 60)}`, async (t) => {
      const world = await BootstrapWorld.make(t);
      world.change(({ failures }) => failures.push({ command, skip: 0, times: 1, says }));
      const { error } = await world.run(...APPLY);
      assert.match(error, expected);
      assert.equal(world.state.calls.at(-1)?.command, command, "it went on");
    });
  }

  test("no az", async (t) => {
    const world = await BootstrapWorld.make(t);
    world.remove("az");
    assert.match(
      (await world.run(...APPLY)).error,
      /^The Azure CLI is not installed.*Next: https:\/\/learn\.microsoft\.com\/cli\/azure\/install-azure-cli, then az login$/,
    );
  });

  test("nobody is logged in", async (t) => {
    const world = await BootstrapWorld.make(t);
    world.state.login = null;
    assert.match((await world.run(...REPOSITORY)).error, /^You are not logged in to Azure.*Next: az login/);
  });

  test("a subscription that the login does not see", async (t) => {
    const world = await BootstrapWorld.make(t);
    const { error } = await world.run(...REPOSITORY, "--subscription", "22222222-2222-2222-2222-222222222222");
    assert.match(
      error,
      /sees no subscription 22222222-.* Next: az account list --output table, then --subscription <id>/,
    );
  });

  test("a subscription of another tenant than the one az makes groups in", async (t) => {
    const world = await BootstrapWorld.make(t);
    const other = {
      id: "22222222-2222-2222-2222-222222222222",
      name: "Other",
      tenantId: "99999999-0000-0000-0000-000000000002",
    };
    world.state.subscriptions.push(other);
    const { error } = await world.run(...APPLY, "--subscription", other.id);
    assert.match(
      error,
      /is of tenant 9{8}-0000-0000-0000-0{11}2, and az works in tenant 9{8}-0000-0000-0000-0{11}1\.\nNext: az account set --subscription 2{8}-/,
    );
    assert.deepEqual(world.changes, []);
  });

  test("a service principal makes no stack by hand", async (t) => {
    const world = await BootstrapWorld.make(t);
    world.state.login = { name: "app", type: "servicePrincipal" };
    assert.match((await world.run(...REPOSITORY)).error, /Next: --operator none/);
    const { output, error } = await world.run(...REPOSITORY, "--operator", "none");
    assert.equal(error, "");
    assert.doesNotMatch(output, /for operator/);
  });

  test("two groups of one name", async (t) => {
    const world = await BootstrapWorld.make(t);
    const group = { displayName: "entra-postgres-dev-db-admins", securityEnabled: true, members: [] };
    world.state.groups.push({ id: "1", ...group }, { id: "2", ...group });
    assert.match((await world.run(...APPLY)).error, /^2 groups have the name .*\nNext: --admin-group /);
  });

  test("all bad arguments at once, before az is asked anything", async (t) => {
    const world = await BootstrapWorld.make(t);
    const { error } = await world.run("--repository", "contoso", "--stack", "UPPER", "--apply");
    assert.match(
      error,
      /^The arguments cannot be used:\n {2}--repository is "contoso"\n[\s\S]*\n {2}--stack is "UPPER"\n/,
    );
    assert.deepEqual(world.state.calls, []);
  });
});

describe("what was just made and is not known everywhere yet", () => {
  const says =
    "(PrincipalNotFound) Principal bbbb does not exist in the directory 9999. Check that you have the correct principal ID.";

  test("is waited for", async (t) => {
    const world = await BootstrapWorld.make(t);
    world.change(({ failures }) => {
      failures.push({ command: "role assignment create", skip: 0, times: 3, says });
      const member = "Resource 'bbbb' does not exist or one of its queried reference-property objects are not present.";
      failures.push({ command: "ad group member add", skip: 0, times: 1, says: member });
    });
    const { output, error } = await world.run(...APPLY);
    assert.equal(error, "");
    assert.match(output, /to be given \(waiting for the directory to know it\) \.\.\.: done/);
    assert.deepEqual(world.waits, [10_000, 10_000, 10_000, 10_000]);
  });

  test("for three minutes and no longer", async (t) => {
    const world = await BootstrapWorld.make(t);
    world.change(({ failures }) =>
      failures.push({ command: "role assignment create", skip: 0, times: Number.POSITIVE_INFINITY, says }),
    );
    const { error } = await world.run(...APPLY);
    assert.match(error, /PrincipalNotFound/);
    assert.equal(world.waits.length, 17);
  });

  test("another error is not", async (t) => {
    const world = await BootstrapWorld.make(t);
    world.change(({ failures }) =>
      failures.push({ command: "role assignment create", skip: 0, times: 1, says: "(AuthorizationFailed) No." }),
    );
    assert.match((await world.run(...APPLY)).error, /^You lack a right on Azure\./);
    assert.deepEqual(world.waits, []);
  });
});

describe("Ctrl-C", () => {
  test("says that the same command goes on, which it does", async (t) => {
    const world = await BootstrapWorld.make(t);
    const held = new Promise<void>((resolve) => {
      world.change((state) => Object.assign(state, { hold: "keyvault create", onHold: resolve }));
    });
    const main = join(import.meta.dirname, "../../tools/bootstrap/main.ts");
    const child = spawn(process.execPath, [main, ...APPLY], { env: world.env, stdio: ["ignore", "pipe", "pipe"] });
    const stderr = text(child.stderr);
    child.stdout.resume();
    await held;
    child.kill("SIGINT");
    const [code] = await once(child, "exit");
    assert.equal(code, 130);
    assert.match(await stderr, /^\nInterrupted\. Run the same command again: .*\n$/);

    world.change((state) => Object.assign(state, { hold: undefined, onHold: undefined }));
    const { output, error } = await world.run(...APPLY);
    assert.equal(error, "");
    assert.match(
      output,
      /state container state: there\n\[ 7\/33\] key vault kv-entra-postgres-7ec2fd: to be made: done/,
    );
  });
});
