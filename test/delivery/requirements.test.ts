import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { ENVIRONMENTS } from "../../bootstrap/environments.ts";
import { checkVariables } from "../../delivery/variables/checkVariables.ts";
import { JOBS, JOBS_BY_HAND, type JobFacts, lacks, readStackFile } from "../../delivery/variables/requirements.ts";
import { ALL_JOBS } from "./workflows.ts";

const ID = "6731de76-14a6-49ae-97bc-6eba6914391e";
const WHOLE = {
  ACTIONS_ID_TOKEN_REQUEST_URL: "https://example.com",
  ARM_CLIENT_ID: ID,
  ARM_TENANT_ID: ID,
  ARM_SUBSCRIPTION_ID: ID,
  PULUMI_STACK: "organization/shop/test",
  PULUMI_BACKEND_URL: "azblob://state?storage_account=stentrapostgres",
};
const STACK_FILE = `secretsprovider: azurekeyvault://kv.vault.azure.net/keys/pulumi
config:
  entra-postgres:adminObjectId: ${ID}
  entra-postgres:adminName: db-admins
  entra-postgres:adminType: Group
`;

function lacking(changes: Partial<JobFacts> & { env?: Record<string, string | undefined> } = {}) {
  const { env, ...others } = changes;
  return lacks({
    job: "deploy",
    platform: "github",
    stackFile: (name) => (name === "Pulumi.test.yaml" ? STACK_FILE : undefined),
    ...others,
    env: { ...WHOLE, ...env },
  });
}

describe("what a job lacks", () => {
  test("nothing, where all is there", () => {
    for (const job of [...JOBS, ...JOBS_BY_HAND]) assert.deepEqual(lacking({ job }), []);
  });

  test("everything at once, each with what it is for and where to set it", () => {
    const found = lacks({ job: "drift", platform: "github", env: {}, stackFile: () => undefined });
    assert.deepEqual(
      found.map(({ problem }) => problem?.split(" ")[0]),
      ["ARM_CLIENT_ID", "ARM_TENANT_ID", "ARM_SUBSCRIPTION_ID", "PULUMI_STACK", "PULUMI_BACKEND_URL", undefined],
    );
    assert.match(found[0]?.problem ?? "", /is not set: client id of the job's identity/);
    assert.equal(found[0]?.next, '`gh variable set ARM_CLIENT_ID --env drift --body "<client id>"`');
    assert.equal(found[1]?.next, '`gh variable set ARM_TENANT_ID --body "<tenant id>"`');
  });

  test("a value that has not the form of one, without repeating it", () => {
    for (const [name, value] of [
      ["ARM_CLIENT_ID", "my-identity"],
      ["ARM_TENANT_ID", `${ID}\nPATH=/tmp`],
      ["PULUMI_STACK", "dev; rm -rf /"],
      ["PULUMI_BACKEND_URL", "azblob://state"],
      ["PULUMI_BACKEND_URL", "file:///tmp/state"],
      ["PULUMI_TOKEN_TYPE", "mine"],
      ["PULUMI_TOKEN_SCOPE", "everything"],
    ] as const) {
      const found = lacking({ env: { [name]: value } }).filter(({ problem }) => problem?.startsWith(name));
      assert.equal(found.length, 1, `${name}=${value}`);
      assert.doesNotMatch(JSON.stringify(found), /my-identity|rm -rf|file:|PATH/);
    }
  });

  test("Pulumi Cloud needs its organization, and on Azure DevOps a token, which is said", () => {
    const env = { PULUMI_BACKEND_URL: "https://api.pulumi.com", PULUMI_STACK: "test" };
    assert.match(lacking({ env })[0]?.problem ?? "", /^PULUMI_ORGANIZATION is not set/);
    assert.deepEqual(lacking({ env: { ...env, PULUMI_ORGANIZATION: "contoso" } }), []);
    const [found] = lacking({ env, platform: "azure-devops" });
    assert.match(found?.problem ?? "", /^PULUMI_ACCESS_TOKEN is not set/);
  });

  test("on Azure DevOps the identity is the service connection's, and a variable that is not there is one that is not set", () => {
    const env = { PULUMI_STACK: "$(PULUMI_STACK)", ARM_CLIENT_ID: "", ARM_TENANT_ID: "", ARM_SUBSCRIPTION_ID: "" };
    const found = lacking({ platform: "azure-devops", env });
    assert.deepEqual(
      found.map(({ problem }) => problem),
      ["PULUMI_STACK is not set: the stack that is delivered."],
    );
    assert.match(found[0]?.next ?? "", /az pipelines variable-group variable create .*--name PULUMI_STACK/);
  });

  test("a job that cannot ask for an assertion", () => {
    assert.equal(lacking({ env: { ACTIONS_ID_TOKEN_REQUEST_URL: "" } })[0]?.code, "EP-AZ-04");
  });

  test("a stack's file that names no administrators, or no key vault", () => {
    const without = (...lines: RegExp[]) => ({
      stackFile: () => lines.reduce((text, line) => text.replace(line, ""), STACK_FILE),
    });
    assert.match(lacking(without(/.*adminName.*\n/))[0]?.problem ?? "", /Pulumi\.test\.yaml does not set adminName/);
    assert.equal(lacking(without(/secretsprovider.*\n/))[0]?.code, "EP-DELIVERY-08");
    assert.match(lacking({ stackFile: () => undefined })[0]?.problem ?? "", /^Pulumi\.test\.yaml .* is missing/);
    assert.equal(lacking({ stackFile: () => "" }).length, 2);
    // Pulumi Cloud encrypts by itself.
    const env = { PULUMI_BACKEND_URL: "https://api.pulumi.com", PULUMI_ORGANIZATION: "contoso" };
    assert.deepEqual(lacking({ ...without(/secretsprovider.*\n/), env }), []);
  });
});

describe("names are the same everywhere", () => {
  test("the jobs are the environments that the bootstrap makes credentials for, and the workflows run in", () => {
    assert.deepEqual([...JOBS].sort(), ENVIRONMENTS.map(({ name }) => name).sort());
    // The environment `release` has an identity on npm, and none on Azure.
    const used = new Set(ALL_JOBS.flatMap(({ job }) => job.environment ?? []).filter((name) => name !== "release"));
    assert.deepEqual([...used].sort(), [...JOBS, ...JOBS_BY_HAND].sort());
  });

  test("a stack's file is read from the project", () => {
    assert.match(readStackFile("Pulumi.sandbox.yaml") ?? "", /^config:/m);
    assert.equal(readStackFile("Pulumi.nothing.yaml"), undefined);
  });
});

describe("check-variables", () => {
  const folder = mkdtempSync(join(tmpdir(), "variables-"));
  after(() => rmSync(folder, { recursive: true }));
  const github = { GITHUB_ACTIONS: "true", ACTIONS_ID_TOKEN_REQUEST_URL: "https://example.com" };
  const stackFile = () => STACK_FILE;

  function check(args: string[], env: Record<string, string>) {
    const lines: string[] = [];
    return { code: checkVariables(args, { env, stackFile, log: (line) => lines.push(line) }), lines };
  }

  test("takes the repository's variables as JSON, and exports what the job needs of them and nothing else", () => {
    const file = join(folder, "whole");
    const { ACTIONS_ID_TOKEN_REQUEST_URL: _, ...variables } = WHOLE;
    const env = { ...github, VARIABLES: JSON.stringify({ ...variables, NODE_OPTIONS: "--require /tmp/x" }) };
    assert.deepEqual(check(["preview", "--export", file], env), { code: 0, lines: [] });
    assert.equal(
      readFileSync(file, "utf8"),
      `ARM_USE_OIDC=true\n${Object.entries(variables)
        .map(([name, value]) => `${name}=${value}\n`)
        .join("")}PULUMI_TOKEN_TYPE=urn:pulumi:token-type:access_token:organization\n`,
    );
  });

  test("exports nothing where something is missing, and says so as errors of the run", () => {
    const file = join(folder, "lacking");
    const { code, lines } = check(["preview", "--export", file], { ...github, VARIABLES: "{}" });
    assert.equal(code, 1);
    assert.equal(lines.filter((line) => line.startsWith("::error title=")).length, 5);
    assert.equal(lines.at(-1), "The job preview lacks 5 of what it needs; docs/delivery.md lists it.");
    assert.throws(() => readFileSync(file), /ENOENT/);
  });

  test("refuses a value that would begin another variable", () => {
    const file = join(folder, "injected");
    const VARIABLES = JSON.stringify({ ...WHOLE, PULUMI_ORGANIZATION: "a", PULUMI_TOKEN_SCOPE: "user:a\nPATH=/tmp" });
    assert.equal(check(["preview", "--export", file], { ...github, VARIABLES }).code, 1);
    const unchecked = JSON.stringify({ ...WHOLE, PULUMI_ORGANIZATION: "a\nPATH=/tmp" });
    assert.equal(check(["preview", "--export", file], { ...github, VARIABLES: unchecked }).code, 1);
    assert.throws(() => readFileSync(file), /ENOENT/);
  });

  test("a wrong call is told how it goes", () => {
    for (const args of [[], ["up"], ["preview", "deploy"], ["preview", "--nothing"]]) {
      const { code, lines } = check(args, WHOLE);
      assert.equal(code, 2);
      assert.match(lines[0] ?? "", /^Usage: .* check-variables preview\|deploy\|drift\|destroy/);
    }
  });
});
