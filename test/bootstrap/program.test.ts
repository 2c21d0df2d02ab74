import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { ASSIGNMENTS } from "../../bootstrap/assignments.ts";
import { ENVIRONMENTS } from "../../bootstrap/environments.ts";
import { ROLES, type Role } from "../../bootstrap/roles.ts";
import { CONFIG, OPERATOR, objectId, RecordedProgram, SUBSCRIPTION, TENANT } from "./recordedProgram.ts";

const POLICY = "github:index/repositoryEnvironmentDeploymentPolicy:RepositoryEnvironmentDeploymentPolicy";
const ENVIRONMENT = "github:index/repositoryEnvironment:RepositoryEnvironment";
const CREDENTIAL = "azure-native:managedidentity:FederatedIdentityCredential";
const ASSIGNMENT = "azure-native:authorization:RoleAssignment";
const RUNNERS = `/subscriptions/${SUBSCRIPTION}/resourceGroups/runners/providers/Microsoft.Network/virtualNetworks/runners`;

/** The credentials as `<identity> trusts <subject>`. */
const trusted = (program: RecordedProgram) =>
  program.all(CREDENTIAL).map(({ inputs }) => `${inputs.resourceName} trusts ${inputs.subject}`);

describe("the bootstrap program", () => {
  let program: RecordedProgram;
  before(async () => {
    process.env.GITHUB_TOKEN = "ghp_secret";
    program = await RecordedProgram.run({ ...CONFIG, runnerNetworkId: RUNNERS });
  });

  test("creates each environment closed to every branch, with its reviewers", () => {
    const reviewers = { deploy: { users: [4711], teams: [] }, destroy: { users: [4711], teams: [815] } };
    for (const { name, reviewed } of ENVIRONMENTS) {
      const inputs = program.all(ENVIRONMENT).find((environment) => environment.name === name)?.inputs;
      assert.deepEqual(inputs, {
        repository: "orders",
        environment: name,
        deploymentBranchPolicy: { protectedBranches: false, customBranchPolicies: true },
        canAdminsBypass: false,
        preventSelfReview: name === "destroy",
        ...(reviewed ? { reviewers: [reviewers[name]] } : {}),
      });
    }
  });

  test("opens each environment to main, and preview to pull requests, too", () => {
    assert.deepEqual(
      program
        .all(POLICY)
        .map(({ inputs }) => `${inputs.environment} ${inputs.branchPattern}`)
        .sort(),
      ["deploy main", "destroy main", "drift main", "preview main", "preview refs/pull/*/merge"],
    );
  });

  test("trusts an environment only after all its policies are there", () => {
    const credentials = program.all(CREDENTIAL);
    assert.equal(credentials.length, ENVIRONMENTS.length);
    for (const { name, inputs, began } of credentials) {
      const environment = String(inputs.subject).split(":").at(-1);
      const rules = [...program.all(ENVIRONMENT), ...program.all(POLICY)].filter(
        (rule) => rule.inputs.environment === environment,
      );
      assert.ok(rules.length >= 2, name);
      for (const rule of rules) assert.ok(rule.ended > 0 && rule.ended < began, `${name} before ${rule.name}`);
    }
  });

  test("writes the credentials of one identity one after the other", () => {
    const [first, second, ...others] = program.all(CREDENTIAL).filter(({ name }) => name.startsWith("deploy-"));
    assert.ok(first && second && others.length === 0);
    assert.ok(first.ended < second.began);
  });

  test("binds each identity to its environments of this repository and to nothing else", () => {
    assert.deepEqual(
      trusted(program).sort(),
      ENVIRONMENTS.map(
        ({ name, identity }) =>
          `id-entra-postgres-dev-${identity} trusts repo:contoso@12/orders@34:environment:${name}`,
      ).sort(),
    );
    for (const { inputs } of program.all(CREDENTIAL)) {
      assert.equal(inputs.issuer, "https://token.actions.githubusercontent.com");
      assert.deepEqual(inputs.audiences, ["api://AzureADTokenExchange"]);
    }
  });

  test("assigns the roles of the table, each on its scope, and no other", () => {
    const scopes = { stack: "/id/stack", state: "/id/state-container", key: "/id/secrets-key", runners: RUNNERS };
    const builtIn = `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/`;
    const wanted = ASSIGNMENTS.map(({ principal, role, scope }) => {
      const { id }: Role = ROLES[role];
      const who = principal === "operator" ? `User ${OPERATOR}` : `ServicePrincipal ${objectId(principal)}`;
      return `${who} ${id ? `${builtIn}${id}` : "/id/roles-deploy"} ${scopes[scope]}`;
    });
    const found = program
      .all(ASSIGNMENT)
      .map(({ inputs }) => `${inputs.principalType} ${inputs.principalId} ${inputs.roleDefinitionId} ${inputs.scope}`);
    assert.deepEqual(found.sort(), wanted.sort());
  });

  test("defines a custom role with the listed actions, for the stack's group only", () => {
    const { inputs } = program.one("azure-native:authorization:RoleDefinition");
    assert.deepEqual(inputs.permissions, [
      { actions: [...ROLES.server.actions], notActions: [], dataActions: [], notDataActions: [] },
    ]);
    assert.deepEqual([inputs.scope, inputs.assignableScopes], ["/id/stack", ["/id/stack"]]);
    assert.equal(inputs.roleName, "entra-postgres deploy (rg-entra-postgres-dev)");
  });

  test("opens the state account to Entra tokens alone and keeps deleted state for 30 days", () => {
    const { inputs } = program.one("azure-native:storage:StorageAccount");
    assert.deepEqual(inputs, {
      resourceGroupName: "rg-entra-postgres-dev-delivery",
      location: "westeurope",
      kind: "StorageV2",
      sku: { name: "Standard_ZRS" },
      allowSharedKeyAccess: false,
      allowBlobPublicAccess: false,
      allowCrossTenantReplication: false,
      minimumTlsVersion: "TLS1_2",
      enableHttpsTrafficOnly: true,
    });
    const service = program.one("azure-native:storage:BlobServiceProperties").inputs;
    assert.equal(service.isVersioningEnabled, true);
    assert.deepEqual(service.deleteRetentionPolicy, { enabled: true, days: 30 });
    assert.deepEqual(service.containerDeleteRetentionPolicy, { enabled: true, days: 30 });
    assert.equal(program.one("azure-native:storage:BlobContainer").inputs.publicAccess, "None");
  });

  test("creates a vault that cannot be purged, with a key that encrypts and decrypts", () => {
    assert.partialDeepStrictEqual(program.one("azure-native:keyvault:Vault").inputs.properties, {
      tenantId: TENANT,
      sku: { family: "A", name: "standard" },
      enableRbacAuthorization: true,
      enableSoftDelete: true,
      softDeleteRetentionInDays: 90,
      enablePurgeProtection: true,
    });
    const { properties } = program.one("azure-native:keyvault:Key").inputs;
    assert.deepEqual(properties, { kty: "RSA", keySize: 3072, keyOps: ["encrypt", "decrypt"] });
  });

  test("protects the groups, the state and the key from deletion", () => {
    assert.deepEqual(
      program.resources
        .filter(({ protect }) => protect)
        .map(({ name }) => name)
        .sort(),
      ["delivery", "secrets", "secrets-key", "stack", "state", "state-container", "state-versions"],
    );
  });

  test("makes deploy and drift members of a group whose name is unique", () => {
    const { inputs } = program.one("azuread:index/groupWithoutMembers:GroupWithoutMembers");
    assert.equal(inputs.displayName, "entra-postgres-dev-db-admins");
    assert.deepEqual([inputs.securityEnabled, inputs.preventDuplicateNames], [true, true]);
    assert.deepEqual(
      program.all("azuread:index/groupMember:GroupMember").map((member) => member.inputs),
      ["deploy", "drift"].map((name) => ({ groupObjectId: objectId("group"), memberObjectId: objectId(name) })),
    );
  });

  test("puts no secret into an output or an input", () => {
    const state = JSON.stringify([program.outputs, program.resources.map(({ inputs }) => inputs)]);
    assert.doesNotMatch(state, /ghp_secret|4dabf18193072939515e22adb298388d/);
  });
});

describe("a choice in the configuration", () => {
  test("Pulumi Cloud: neither account nor vault, nor a role on them", async () => {
    const program = await RecordedProgram.run({ ...CONFIG, pulumiOrganization: "contoso" });
    assert.deepEqual(
      program.resources.filter(({ type }) => /:(storage|keyvault):/.test(type)),
      [],
    );
    assert.deepEqual([...new Set(program.all(ASSIGNMENT).map(({ inputs }) => inputs.scope))], ["/id/stack"]);
    assert.equal(program.outputs.moveState, undefined);
  });

  test("Azure DevOps alone: its connections are trusted as given, and GitHub is left alone", async () => {
    const connection = {
      identity: "deploy",
      issuer: "https://login.microsoftonline.com/t/v2.0",
      subject: "/eid1/c/sc/1",
    };
    const azureDevOpsConnections = JSON.stringify([
      connection,
      { ...connection, subject: "sc://contoso/orders/deploy" },
    ]);
    const program = await RecordedProgram.run({ operatorObjectId: OPERATOR, azureDevOpsConnections });
    assert.deepEqual(trusted(program), [
      "id-entra-postgres-dev-deploy trusts /eid1/c/sc/1",
      "id-entra-postgres-dev-deploy trusts sc://contoso/orders/deploy",
    ]);
    assert.deepEqual(
      program.resources.filter(({ type }) => type.startsWith("github:")),
      [],
    );
    assert.match(
      String(program.outputs.azureDevOps),
      new RegExp(`entra-postgres-drift: client id ${objectId("cdrift")}`),
    );
    assert.match(
      String(program.outputs.azureDevOps),
      /^az pipelines variable-group create .*'PULUMI_BACKEND_URL=azblob:/m,
    );
  });

  test("no reviewers: the environments are created without", async () => {
    const program = await RecordedProgram.run({ ...CONFIG, githubReviewers: '{"deploy":[],"destroy":[]}' });
    for (const { inputs } of program.all(ENVIRONMENT)) assert.equal(inputs.reviewers, undefined);
  });
});
