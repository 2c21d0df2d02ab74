import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { AUDIENCE, GITHUB_ISSUER } from "../../tools/bootstrap/githubSubject.ts";
import { ENVIRONMENTS, IDENTITIES, type Identity } from "../../tools/bootstrap/identity.ts";
import { RESOURCE_PROVIDERS } from "../../tools/bootstrap/needs.ts";
import { GRANTS, ROLES, type Role } from "../../tools/bootstrap/roles.ts";
import { shellLine } from "../../tools/bootstrap/shellWords.ts";
import { emptyState, OPERATOR, type State } from "./azureCliState.ts";
import type { Credential } from "./azureCliStore.ts";
import { BootstrapWorld, REPOSITORY, withoutIds } from "./bootstrapContext.ts";

const APPLY = [...REPOSITORY, "--apply"];

/** What is there after one undisturbed run; made once, for the tests that begin with it. */
let done: Promise<State> | undefined;
function allMade(world: BootstrapWorld): Promise<State> {
  done ??= (async () => {
    const { error } = await world.run(...APPLY);
    assert.equal(error, "");
    return structuredClone(world.state);
  })();
  return done;
}

/** A world in which all is there; its calls are forgotten. */
async function finished(context: TestContext): Promise<BootstrapWorld> {
  const world = await BootstrapWorld.make(context);
  world.state = await allMade(world);
  world.change(() => {});
  return world;
}

interface Definition {
  permissions: { actions: string[] }[];
}

/** The one resource whose ARM id ends so. */
function resource(state: State, end: string): Record<string, unknown> {
  const found = Object.keys(state.resources).filter((id) => id.endsWith(end.toLowerCase()));
  assert.equal(found.length, 1, `${end}: ${found}`);
  return state.resources[found[0] as string] as Record<string, unknown>;
}

const identity = (state: State, name: Identity) => resource(state, `/id-entra-postgres-dev-${name}`);

describe("the bootstrap", () => {
  test("without --apply changes nothing, and shows the commands that --apply then runs, in their order", async (t) => {
    const world = await BootstrapWorld.make(t);
    const { output, error } = await world.run(...REPOSITORY);
    assert.equal(error, "");
    const shown = output.split("\n").flatMap((line) => /^ {8}(az .*)$/.exec(line)?.[1] ?? []);
    const { calls, ...left } = world.state;
    assert.deepEqual(world.changes, []);
    assert.ok(calls.length > 0);
    assert.deepEqual({ calls: [], ...left }, emptyState());
    assert.match(output, new RegExp(`${shown.length} changes to make, nothing was changed\\.`));

    const applied = await BootstrapWorld.make(t);
    const made = await applied.run(...APPLY);
    assert.equal(made.error, "");
    assert.match(made.output, new RegExp(`Done: ${shown.length} changes\\.`));
    assert.deepEqual(
      shown.map(withoutIds),
      applied.changes.map((argv) => withoutIds(shellLine(["az", ...argv]))),
    );
  });

  test("makes state account, vault and key as closed as they are to be", async (t) => {
    const { state } = await finished(t);
    const account = resource(state, "/storageaccounts/stentrapostgresdev7ec2fd");
    assert.equal(account.allowSharedKeyAccess, false);
    assert.equal(account.allowBlobPublicAccess, false);
    assert.equal(account.minimumTlsVersion, "TLS1_2");
    assert.equal(account.enableHttpsTrafficOnly, true);
    const service = resource(state, "/blobservices/default");
    assert.equal(service.isVersioningEnabled, true);
    assert.deepEqual(service.deleteRetentionPolicy, { enabled: true, days: 30 });
    assert.deepEqual(service.containerDeleteRetentionPolicy, { enabled: true, days: 30 });
    resource(state, "/containers/state");
    const vault = { enableRbacAuthorization: true, enablePurgeProtection: true };
    assert.deepEqual(resource(state, "/vaults/kv-entra-postgres-7ec2fd").properties, vault);
    const key = resource(state, "/keys/pulumi").properties as Record<string, unknown>;
    assert.deepEqual([key.kty, key.keyOps], ["RSA", ["encrypt", "decrypt"]]);
    for (const provider of RESOURCE_PROVIDERS) assert.ok(state.registered.includes(provider), provider);
  });

  test("binds each identity to environments of the repository, and to nothing else", async (t) => {
    const { state } = await finished(t);
    const subjects = IDENTITIES.flatMap((name) =>
      (identity(state, name).credentials as Credential[]).map(({ subject, issuer, audiences }) => {
        assert.equal(issuer, GITHUB_ISSUER);
        assert.deepEqual(audiences, [AUDIENCE]);
        return `${name} ${subject}`;
      }),
    );
    assert.deepEqual(
      subjects.sort(),
      ENVIRONMENTS.map(({ name, identity: of }) => `${of} repo:contoso@12/orders@34:environment:${name}`).sort(),
    );
  });

  test("gives the roles of the table, each where it says, and no other", async (t) => {
    const { state } = await finished(t);
    const ids: Record<string, unknown> = { operator: OPERATOR };
    for (const name of IDENTITIES) ids[name] = identity(state, name).principalId;
    const place = {
      stack: /\/rg-entra-postgres-dev$/,
      state: /\/containers\/state$/,
      key: /\/keys\/pulumi$/,
      runners: /never/,
    };
    const wanted = GRANTS.filter(({ on }) => on !== "runners");
    for (const { to, role, on } of wanted) {
      const { id = state.definitions[0]?.name }: Role = ROLES[role];
      const given = state.assignments.filter(
        (each) =>
          each.principalId === ids[to] && each.roleDefinitionId.endsWith(`/${id}`) && place[on].test(each.scope),
      );
      assert.equal(given.length, 1, `${to} ${role} ${on}`);
      assert.equal(given[0]?.principalType, to === "operator" ? "User" : "ServicePrincipal");
    }
    assert.equal(state.assignments.length, wanted.length);
    assert.deepEqual(
      state.definitions.map(({ permissions, assignableScopes }) => [permissions, assignableScopes]),
      [
        [
          [{ actions: ROLES.server.actions, notActions: [], dataActions: [], notDataActions: [] }],
          ["/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-entra-postgres-dev"],
        ],
      ],
    );
    assert.deepEqual(
      state.groups.map(({ members }) => members),
      [[ids.deploy, ids.drift]],
    );
  });

  test("a second run finds nothing to do", async (t) => {
    const world = await finished(t);
    const { output, error } = await world.run(...APPLY);
    assert.equal(error, "");
    assert.match(output, /Nothing to do: everything is there and right\./);
    assert.deepEqual(world.changes, []);
  });

  for (const command of [
    "storage account create",
    "identity create",
    "ad group member add",
    "role assignment create",
  ]) {
    test(`a run that broke off at \`az ${command}\` is gone on with`, async (t) => {
      const whole = await finished(t);
      const world = await BootstrapWorld.make(t);
      world.change(({ failures }) =>
        failures.push({ command, skip: 1, times: 1, says: "(InternalServerError) Try later." }),
      );
      if (command === "storage account create")
        world.change(({ failures }) => (failures[0] as { skip: number }).skip--);
      const broken = await world.run(...APPLY);
      assert.match(broken.error, new RegExp(`command: az ${command} .*\n {2}az: ERROR: \\(InternalServerError\\)`));
      const before = world.changes.length;

      const { output, error } = await world.run(...APPLY);
      assert.equal(error, "");
      assert.match(output, /Done: \d+ changes?\./);
      assert.deepEqual(withoutCalls(world.state), withoutCalls(whole.state));
      // Nothing was made twice: both runs together ran each command once, but for the one that failed.
      assert.ok(before > 1);
      assert.equal(new Set(world.changes.map((argv) => argv.join(" "))).size, world.changes.length - 1);
    });
  }

  test("what has been changed since is set right, and what it was is said", async (t) => {
    const world = await finished(t);
    const whole = withoutCalls(world.state);
    world.change((state) => {
      Object.assign(resource(state, "/storageaccounts/stentrapostgresdev7ec2fd"), {
        allowSharedKeyAccess: null,
        minimumTlsVersion: "TLS1_0",
      });
      Object.assign(resource(state, "/blobservices/default"), { deleteRetentionPolicy: { enabled: true, days: 7 } });
      Object.assign(resource(state, "/vaults/kv-entra-postgres-7ec2fd").properties as object, {
        enableRbacAuthorization: false,
      });
      const [credential] = identity(state, "preview").credentials as Credential[];
      (credential as Credential).subject = "repo:contoso@12/orders@34:pull_request";
      (state.definitions[0] as unknown as Definition).permissions[0]?.actions.push("Microsoft.Authorization/*");
      state.groups[0]?.members.pop();
      state.assignments.pop();
    });
    const { output, error } = await world.run(...APPLY);
    assert.equal(error, "");
    for (const said of [
      "shared key access is true, wanted false; TLS is TLS1_0, wanted TLS1_2: done",
      "soft delete of blobs is 7 days, wanted 30 days: done",
      "RBAC authorization is false, wanted true: done",
      "github-preview trusts repo:contoso@12/orders@34:pull_request of ",
      "its list of actions is with Microsoft.Authorization/*, wanted ",
      "drift in the admin group: to be added: done",
      "role Key Vault Crypto User for operator on the key: to be given: done",
      "Done: 7 changes.",
    ]) {
      assert.ok(output.includes(said), `${said}\n${output}`);
    }
    assert.deepEqual(withoutCalls(world.state), whole);
  });

  test("a right further up is not the one that was to be given", async (t) => {
    const world = await finished(t);
    world.change(({ assignments }) => {
      const last = assignments.at(-1);
      if (last) last.scope = last.scope.replace(/\/keys\/.*$/, "");
    });
    const { output } = await world.run(...APPLY);
    assert.match(output, /role Key Vault Crypto User for operator on the key: to be given: done/);
    assert.match(world.state.assignments.at(-1)?.scope ?? "", /\/keys\/pulumi$/);
  });

  test("a newer TLS than is asked for is kept", async (t) => {
    const world = await finished(t);
    const account = () => resource(world.state, "/storageaccounts/stentrapostgresdev7ec2fd");
    world.change(() => Object.assign(account(), { allowBlobPublicAccess: true, minimumTlsVersion: "TLS1_3" }));
    const { output } = await world.run(...APPLY);
    assert.match(output, /: public access to blobs is true, wanted false: done\n/);
    assert.equal(account().allowBlobPublicAccess, false);
    assert.equal(account().minimumTlsVersion, "TLS1_3");
  });

  test("what is not the bootstrap's own is left alone and named", async (t) => {
    const world = await finished(t);
    world.change((state) => {
      resource(state, "/rg-entra-postgres-dev").location = "northeurope";
      Object.assign(resource(state, "/keys/pulumi").properties as object, {
        keyOps: ["decrypt"],
        kty: "EC",
        attributes: { enabled: false },
      });
      for (const group of state.groups) group.securityEnabled = false;
      const foreign = {
        name: "laptop",
        issuer: "https://tokens.example.com",
        subject: "mallory",
        audiences: [AUDIENCE],
      };
      (identity(state, "deploy").credentials as Credential[]).push(foreign);
      const [first] = state.assignments;
      const owner =
        "/subscriptions/x/providers/Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
      if (first) state.assignments.push({ ...first, roleDefinitionId: owner });
    });
    const { output, error } = await world.run(...APPLY);
    assert.equal(error, "");
    assert.match(output, /note: it is in northeurope, not in westeurope, and stays there/);
    assert.match(output, /note: the key does not allow encrypt: /);
    assert.match(output, /note: the key is EC, and Pulumi needs RSA: /);
    assert.match(output, /note: the key is disabled: /);
    assert.match(output, /note: it is no security group, /);
    assert.match(output, /note: also trusts mallory of https:\/\/tokens\.example\.com \(laptop\)/);
    assert.match(
      output,
      /note: deploy also has role 8e3af657-a8ff-443c-a75c-2fe8c4bcb635 on the stack's resource group; to take it: az role assignment delete /,
    );
    assert.match(output, /Nothing to do: .* See the 7 notes above\./);
    assert.deepEqual(world.changes, []);
  });
});

function withoutCalls(state: State): Omit<State, "calls" | "failures"> {
  const { calls: _calls, failures: _failures, ...rest } = state;
  return JSON.parse(withoutIds(JSON.stringify(rest)));
}
