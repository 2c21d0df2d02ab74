import assert from "node:assert/strict";
import { test } from "node:test";
import { stringify } from "yaml";
import { JOBS, lacks } from "../../delivery/variables/requirements.ts";
import { CONFIG, RecordedProgram } from "./recordedProgram.ts";

for (const [where, config] of [
  ["in Azure", {}],
  ["in Pulumi Cloud", { pulumiOrganization: "contoso" }],
] as const) {
  test(`with the state ${where}, a job has all that it needs`, async () => {
    const program = await RecordedProgram.run({ ...CONFIG, ...config });
    const variables = (type: string, environment?: string) =>
      Object.fromEntries(
        program
          .all(type)
          .filter(({ inputs }) => inputs.environment === environment)
          .map(({ inputs }) => [inputs.variableName, inputs.value]),
      );
    const shared = variables("github:index/actionsVariable:ActionsVariable");

    const script = String(program.outputs.createStack);
    const settings = [...script.matchAll(/config set --stack '\S+' ([\w:-]+) '(\S+)'/g)];
    const own = settings.map(([, key = "", value]) => [key.includes(":") ? key : `entra-postgres:${key}`, value]);
    const secretsprovider = /--secrets-provider '(\S+)'/.exec(script)?.[1];
    const file = stringify({ config: Object.fromEntries(own), ...(secretsprovider ? { secretsprovider } : {}) });

    for (const job of JOBS) {
      const environment = variables("github:index/actionsEnvironmentVariable:ActionsEnvironmentVariable", job);
      const env = { ...shared, ...environment, ACTIONS_ID_TOKEN_REQUEST_URL: "https://example.com" };
      const stackFile = (name: string) => (name === "Pulumi.dev.yaml" ? file : undefined);
      assert.deepEqual(lacks({ job, platform: "github", env, stackFile }), [], job);
    }
  });
}

test("destroy logs in as deploy, every other environment as the identity of its name", async () => {
  const program = await RecordedProgram.run(CONFIG);
  const { deploy, preview, drift } = program.outputs.clientIds as Record<string, string>;
  const found = program
    .all("github:index/actionsEnvironmentVariable:ActionsEnvironmentVariable")
    .map(({ inputs }) => [inputs.environment, inputs.value]);
  assert.deepEqual(Object.fromEntries(found), { preview, deploy, drift, destroy: deploy });
});
