import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CLOUD, REQUIREMENTS } from "../../delivery/variables/requirements.ts";
import { SUBSCRIPTION } from "./azureCliState.ts";
import type { Credential } from "./azureCliStore.ts";
import { BootstrapWorld, REPOSITORY } from "./bootstrapContext.ts";

/** The variables that the printed lines set, by name and environment. */
function variables(output: string): Map<string, string> {
  const lines = output.matchAll(/^ {2}gh variable set (\w+) --repo contoso\/orders(?: --env (\w+))? --body (.*)$/gm);
  return new Map(
    [...lines].map(([, name, environment, body]) => [
      environment ? `${name} of ${environment}` : (name as string),
      (body as string).replaceAll("'", ""),
    ]),
  );
}

/** Commands of the stand-in that were run. */
const commandsOf = (world: BootstrapWorld) => world.state.calls.map(({ command }) => command);

describe("what the bootstrap leaves to be done", () => {
  test("is the variables that the delivery asks for, in the form that it takes", async (t) => {
    const world = await BootstrapWorld.make(t);
    const { output, error } = await world.run(...REPOSITORY, "--apply");
    assert.equal(error, "");
    const set = variables(output);
    for (const { name, perEnvironment, form } of REQUIREMENTS) {
      const names = perEnvironment
        ? ["preview", "deploy", "drift", "destroy"].map((environment) => `${name} of ${environment}`)
        : [name];
      for (const each of names) {
        assert.match(set.get(each) ?? "", form, each);
        set.delete(each);
      }
    }
    assert.deepEqual([...set], []);
    assert.doesNotMatch(output, /gh secret/);
  });

  test("each environment acts as its identity, and destroy as deploy", async (t) => {
    const world = await BootstrapWorld.make(t);
    const set = variables((await world.run(...REPOSITORY, "--apply")).output);
    for (const [environment, identity] of [
      ["preview", "preview"],
      ["deploy", "deploy"],
      ["drift", "drift"],
      ["destroy", "deploy"],
    ]) {
      const [id] = Object.keys(world.state.resources).filter((each) =>
        each.endsWith(`/id-entra-postgres-dev-${identity}`),
      );
      assert.equal(set.get(`ARM_CLIENT_ID of ${environment}`), world.state.resources[id as string]?.clientId);
    }
  });

  test("names the group as the database's administrator, and the key of the stack's secrets", async (t) => {
    const world = await BootstrapWorld.make(t);
    const { output } = await world.run(...REPOSITORY, "--apply");
    const stack = "organization/entra-postgres/dev";
    for (const line of [
      `pulumi stack init ${stack} --secrets-provider azurekeyvault://kv-entra-postgres-7ec2fd.vault.azure.net/keys/pulumi`,
      `pulumi config set --stack ${stack} azure-native:subscriptionId ${SUBSCRIPTION}`,
      `pulumi config set --stack ${stack} resourceGroupName rg-entra-postgres-dev`,
      `pulumi config set --stack ${stack} adminObjectId ${world.state.groups[0]?.id}`,
      `pulumi config set --stack ${stack} adminName entra-postgres-dev-db-admins`,
      `pulumi config set --stack ${stack} adminType Group`,
    ]) {
      assert.ok(output.includes(`  ${line}\n`), `${line}\n${output}`);
    }
  });
});

describe("choices", () => {
  test("with Pulumi Cloud neither account nor vault is made, nor a right on them", async (t) => {
    const world = await BootstrapWorld.make(t);
    const { output, error } = await world.run(...REPOSITORY, "--pulumi-organization", "contoso", "--apply");
    assert.equal(error, "");
    assert.deepEqual(
      commandsOf(world).filter((command) => /storage|keyvault|resource|signed-in/.test(command)),
      [],
    );
    const group = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg-entra-postgres-dev`;
    assert.deepEqual([...new Set(world.state.assignments.map(({ scope }) => scope))], [group]);
    for (const { name, form } of [CLOUD, ...REQUIREMENTS.filter(({ perEnvironment }) => !perEnvironment)]) {
      assert.match(variables(output).get(name) ?? "", form, name);
    }
    assert.equal(variables(output).get("PULUMI_ORGANIZATION"), "contoso");
    assert.equal(variables(output).get("PULUMI_STACK"), "contoso/entra-postgres/dev");
    assert.match(
      output,
      /\n {2}pulumi login https:\/\/api\.pulumi\.com\n {2}pulumi stack init contoso\/entra-postgres\/dev\n/,
    );
  });

  test("with the runners' network, deploy may peer it and drift may read it", async (t) => {
    const world = await BootstrapWorld.make(t);
    const network = `/subscriptions/${SUBSCRIPTION}/resourceGroups/runners/providers/Microsoft.Network/virtualNetworks/runners`;
    const { output } = await world.run(...REPOSITORY, "--runner-network", network, "--apply");
    const given = world.state.assignments.filter(({ scope }) => scope === network);
    assert.deepEqual(
      given.map(({ roleDefinitionId }) => roleDefinitionId.split("/").at(-1)),
      ["4d97b98b-1d4f-4787-a291-c67834d212e7", "acdd72a7-3385-48ef-bd42-f606fba81ae7"],
    );
    assert.ok(output.includes(`runnerNetworkId ${network}\n`));
    world.change(() => {});
    await world.run(...REPOSITORY, "--runner-network", network, "--apply");
    assert.deepEqual(world.changes, []);
  });

  test("a service connection of Azure DevOps is trusted as it is given, without GitHub too", async (t) => {
    const world = await BootstrapWorld.make(t);
    const [issuer, subject] = ["https://login.microsoftonline.com/t/v2.0", "/eid1/c/pub/t/abc/a/def/sc/1/2"];
    const { output, error } = await world.run("--azure-devops", `deploy,${issuer},${subject}`, "--apply");
    assert.equal(error, "");
    const trusted = Object.values(world.state.resources).flatMap(
      ({ credentials }) => (credentials as Credential[]) ?? [],
    );
    assert.deepEqual(trusted, [{ name: "azure-devops-1", issuer, subject, audiences: ["api://AzureADTokenExchange"] }]);
    assert.doesNotMatch(output, /gh /);
    assert.match(output, /az pipelines variable-group create --name entra-postgres --variables '?PULUMI_BACKEND_URL=/);
    assert.match(output, /client id of deploy, for the service connection entra-postgres-deploy: bbbbbbbb-/);
  });
});

describe("how GitHub's tokens name the repository", () => {
  const unsaid = ["--repository", "contoso/orders"];

  test("is asked of gh", async (t) => {
    const world = await BootstrapWorld.make(t);
    world.install("gh", 'echo "$*" >"$HOME/asked"; echo repo:contoso@12/orders@34');
    const { output, error } = await world.run(...unsaid);
    assert.equal(error, "");
    assert.match(output, /--subject repo:contoso@12\/orders@34:environment:preview /);
  });

  for (const [name, script, expected] of [
    ["without gh", undefined, /there is no `gh` on PATH/],
    [
      "without a login",
      "echo 'To get started with GitHub CLI, please run:  gh auth login' >&2; exit 4",
      /please run: {2}gh auth login/,
    ],
    ["with another repository's", "echo repo:mallory/orders", /gh answered "repo:mallory\/orders"/],
    ["with an older gh or server", "echo ''", /gh answered ""/],
  ] as const) {
    test(`${name} it has to be said, and nothing is made`, async (t) => {
      const world = await BootstrapWorld.make(t);
      if (script === undefined) world.remove("gh");
      else world.install("gh", script);
      const { error } = await world.run(...unsaid, "--apply");
      assert.match(error, expected);
      assert.match(error, /\n {2}--subject-prefix repo:contoso\/orders {3}for repositories older than/);
      assert.match(error, /\n {2}--subject-prefix repo:contoso@<owner id>\/orders@<repository id> /);
      assert.deepEqual(world.changes, []);
    });
  }
});
