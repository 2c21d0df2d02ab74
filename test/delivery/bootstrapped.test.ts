import assert from "node:assert/strict";
import { test } from "node:test";
import { stringify } from "yaml";
import { JOBS, lacks } from "../../delivery/variables/requirements.ts";
import { readArguments } from "../../tools/bootstrap/arguments.ts";
import { ENVIRONMENTS, IDENTITIES } from "../../tools/bootstrap/identity.ts";
import { nextLines } from "../../tools/bootstrap/nextLines.ts";
import { completed } from "../../tools/bootstrap/settings.ts";
import { Facts } from "../../tools/bootstrap/step.ts";

const ID = "6731de76-14a6-49ae-97bc-6eba6914391e";

for (const [where, args] of [
  ["in Azure", []],
  ["in Pulumi Cloud", ["--pulumi-organization", "contoso"]],
] as const) {
  test(`with the state ${where}, the commands that the bootstrap ends with are all that a job needs`, () => {
    const { given, problems } = readArguments(["--repository", "contoso/orders", "--stack", "test", ...args]);
    assert.deepEqual(problems, []);
    const account = { id: ID, name: "subscription", tenantId: ID, user: { name: "me", type: "user" } };
    const facts = new Facts();
    for (const identity of IDENTITIES) facts.identities.set(identity, { principalId: ID, clientId: ID });
    facts.adminGroupId = ID;
    const lines = nextLines(completed(given, account), facts);

    const variables: Record<string, Record<string, string>> = {};
    const config: Record<string, string> = {};
    let secretsprovider = "";
    for (const line of lines) {
      const unquoted = line.replaceAll("'", "");
      const [, name = "", environment = "", value = ""] =
        /gh variable set (\w+) --repo \S+ (?:--env (\w+) )?--body (\S+)$/.exec(unquoted) ?? [];
      if (name !== "") variables[environment] = { ...variables[environment], [name]: value };
      const [, key = "", setting = ""] = /pulumi config set --stack \S+ (\w+) (\S+)$/.exec(unquoted) ?? [];
      if (key !== "") config[`entra-postgres:${key}`] = setting;
      secretsprovider = /--secrets-provider (\S+)/.exec(unquoted)?.[1] ?? secretsprovider;
    }
    const file = stringify({ config, ...(secretsprovider === "" ? {} : { secretsprovider }) });

    assert.deepEqual(ENVIRONMENTS.map(({ name }) => name).sort(), [...JOBS].sort());
    for (const job of JOBS) {
      const env = { ...variables[""], ...variables[job], ACTIONS_ID_TOKEN_REQUEST_URL: "https://example.com" };
      const stackFile = (name: string) => (name === "Pulumi.test.yaml" ? file : undefined);
      assert.deepEqual(lacks({ job, platform: "github", env, stackFile }), [], job);
    }
  });
}
