import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { moveState } from "../../bootstrap/commands.ts";
import { pulumiFolder } from "../../tools/pulumi/pulumiCli.ts";

const STACK = "organization/moved/dev";
const PROJECT = "name: moved\nmain: index.mjs\nruntime: { name: nodejs, options: { typescript: false } }\n";
const PROGRAM = `import * as pulumi from "@pulumi/pulumi";
const account = new pulumi.ComponentResource("test:index:Account", "account", {}, { protect: true });
account.registerOutputs({});
export const setting = new pulumi.Config().requireSecret("setting");
`;

/** A HashiCorp Vault's transit engine that only wraps. The CLI uses it as it uses Azure Key Vault: a key that encrypts the data key. */
const vault = createServer(async (request, response) => {
  const { plaintext, ciphertext = "" } = (await json(request)) as { plaintext?: string; ciphertext?: string };
  const isEncrypt = request.url === "/v1/transit/encrypt/pulumi";
  const data = isEncrypt ? { ciphertext: `vault:v1:${plaintext}` } : { plaintext: ciphertext.replace("vault:v1:", "") };
  response.setHeader("content-type", "application/json").end(JSON.stringify({ data }));
});
const folder = mkdtempSync(join(tmpdir(), "bootstrap-state-"));
const backend = (name: string) => `file://${join(folder, name)}`;
const stackFile = join(folder, "Pulumi.dev.yaml");
let environment: NodeJS.ProcessEnv;

before(async () => {
  // Throws with its reason where no CLI can be had.
  const cli = await pulumiFolder({ log: (line) => console.error(line) });
  await once(vault.listen(0, "127.0.0.1"), "listening");
  environment = {
    PATH: `${cli}:${process.env.PATH}`,
    HOME: folder,
    CI: "true",
    PULUMI_CONFIG_PASSPHRASE: "local",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    VAULT_SERVER_URL: `http://127.0.0.1:${(vault.address() as AddressInfo).port}`,
    VAULT_SERVER_TOKEN: "test",
  };
  symlinkSync(join(import.meta.dirname, "../../node_modules"), join(folder, "node_modules"));
  for (const name of ["local", "account", "again"]) mkdirSync(join(folder, name));
  writeFileSync(join(folder, "Pulumi.yaml"), PROJECT);
  writeFileSync(join(folder, "index.mjs"), PROGRAM);
});

after(() => {
  vault.close();
  rmSync(folder, { recursive: true });
});

async function shell(script: string): Promise<string> {
  const running = promisify(execFile)("sh", ["-ec", script], { cwd: folder, env: environment });
  // The CLI asks for a new passphrase even where the environment names one, and takes the end of its input for "the same".
  running.child.stdin?.end();
  return (await running).stdout;
}

test("the printed commands move state and secrets to another backend and key, and back", async () => {
  await shell(`pulumi login '${backend("local")}'
    pulumi stack init ${STACK}
    pulumi config set --secret setting kept
    pulumi up --yes --skip-preview`);
  const state = async () => JSON.parse(await shell(`pulumi stack export --stack ${STACK}`)).deployment;
  const resources = async () =>
    (await state()).resources.map(({ urn, protect }: { urn: string; protect?: boolean }) => ({ urn, protect }));
  const original = await resources();
  assert.deepEqual(
    original.map(({ protect }: { protect?: boolean }) => protect),
    [undefined, true],
  );

  await shell(moveState({ stack: STACK, backendUrl: backend("account"), secretsProvider: "hashivault://pulumi" }));
  assert.equal((await state()).secrets_providers.type, "cloud");
  assert.match(readFileSync(stackFile, "utf8"), /^secretsprovider: hashivault:\/\/pulumi$/m);
  // Neither state nor configuration needs the passphrase any more.
  environment = { ...environment, PULUMI_CONFIG_PASSPHRASE: "forgotten" };
  await shell(`pulumi preview --stack ${STACK} --expect-no-changes`);
  assert.equal(await shell("pulumi stack output --show-secrets setting"), "kept\n");
  assert.deepEqual(await resources(), original);

  // Back, as docs/bootstrap.md has it for the removal: first the key, then the state.
  environment = { ...environment, PULUMI_CONFIG_PASSPHRASE: "again" };
  await shell(`pulumi stack change-secrets-provider --stack ${STACK} passphrase
    pulumi stack export --stack ${STACK} --file state.json
    pulumi login '${backend("again")}'
    pulumi stack init ${STACK}
    pulumi stack import --stack ${STACK} --file state.json`);
  assert.equal((await state()).secrets_providers.type, "passphrase");
  assert.equal(await shell("pulumi stack output --show-secrets setting"), "kept\n");
  assert.deepEqual(await resources(), original);
});
