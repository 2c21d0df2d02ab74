import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { deployerCloud, requireSameCloud } from "../../../components/azure/cloud.ts";
import { databaseScope, deployerCredential } from "../../../components/azure/credential.ts";
import { oidcAssertion } from "../../../components/azure/oidcAssertion.ts";
import { tokenProblem } from "../../../components/azure/tokenProblem.ts";
import { UserError } from "../../../components/errors/userError.ts";
import { Failure } from "../../../components/postgres/failure.ts";

const APPLICATION = {
  ARM_TENANT_ID: "11111111-1111-1111-1111-111111111111",
  ARM_CLIENT_ID: "22222222-2222-2222-2222-222222222222",
};
const folder = mkdtempSync(join(tmpdir(), "entra-postgres-credential-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const PEM = join(folder, "login.pem");
writeFileSync(
  PEM,
  "-----BEGIN PRIVATE KEY-----\nMA==\n-----END PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n",
);

/** Every way at once: the first in azure-native's order counts, and so on as each is taken away. */
const WAYS: [string, string, string][] = [
  ["ARM_USE_DEFAULT_AZURE_CREDENTIAL", "true", "DefaultAzureCredential"],
  ["ARM_CLIENT_CERTIFICATE_PATH", PEM, "ClientCertificateCredential"],
  ["ARM_CLIENT_SECRET", "a-secret", "ClientSecretCredential"],
  ["ARM_USE_OIDC", "true", "ClientAssertionCredential"],
  ["ARM_USE_MSI", "true", "ManagedIdentityCredential"],
];

test("the login methods are tried in azure-native's order", () => {
  const env: NodeJS.ProcessEnv = { ...APPLICATION, ...Object.fromEntries(WAYS.map(([name, value]) => [name, value])) };
  for (const [name, , expected] of WAYS) {
    assert.equal(deployerCredential(env).constructor.name, expected, name);
    delete env[name];
  }
  assert.equal(deployerCredential(env).constructor.name, "DefaultAzureCredential");
});

/** What is said of settings that cannot work. */
function refusal(env: NodeJS.ProcessEnv): string {
  try {
    deployerCredential(env);
  } catch (error) {
    assert.ok(error instanceof UserError);
    return error.message;
  }
  assert.fail("it was taken");
}

test("an incomplete login is refused", () => {
  for (const [name, value] of WAYS.slice(1, 4)) {
    const message = refusal({ ARM_TENANT_ID: APPLICATION.ARM_TENANT_ID, [name]: value });
    assert.match(
      message,
      new RegExp(`${name} with ARM_TENANT_ID and ARM_CLIENT_ID[\\s\\S]*no ARM_CLIENT_ID[\\s\\S]*set ARM_CLIENT_ID`),
    );
    assert.ok(!message.includes("a-secret"));
  }
  assert.match(refusal({ ARM_USE_OIDC: "true" }), /no ARM_TENANT_ID and no ARM_CLIENT_ID/);
});

test("a switch accepts only the word true; another word for it is refused", () => {
  assert.match(refusal({ ...APPLICATION, ARM_USE_OIDC: "1" }), /found: {4}"1", which[\s\S]*set ARM_USE_OIDC=true/);
  assert.match(refusal({ ARM_USE_MSI: "True" }), /ARM_USE_MSI to be "true"/);
  const no = deployerCredential({ ...APPLICATION, ARM_USE_OIDC: "false", ARM_USE_MSI: "0" });
  assert.equal(no.constructor.name, "DefaultAzureCredential");
});

test("a certificate file must exist and hold PEM", () => {
  const pfx = join(folder, "login.pfx");
  writeFileSync(pfx, Buffer.from([0x30, 0x82, 0x01, 0x00]));
  assert.match(refusal({ ...APPLICATION, ARM_CLIENT_CERTIFICATE_PATH: pfx }), /openssl pkcs12 -in .*login\.pfx -nodes/);
  assert.match(refusal({ ...APPLICATION, ARM_CLIENT_CERTIFICATE_PATH: `${pfx}.gone` }), /ENOENT/);
});

test("the cloud decides the tokens' authority and audience", () => {
  assert.equal(databaseScope({}), "https://ossrdbms-aad.database.windows.net/.default");
  // Only then may AZURE_AUTHORITY_HOST say where.
  assert.equal(deployerCloud({}).authorityHost, undefined);
  assert.equal(deployerCloud({ ARM_ENVIRONMENT: "public" }).authorityHost, "https://login.microsoftonline.com");
  const government = { ARM_ENVIRONMENT: "USGovernment", AZURE_ENVIRONMENT: "china" };
  assert.equal(databaseScope(government), "https://ossrdbms-aad.database.usgovcloudapi.net/.default");
  assert.equal(deployerCloud(government).authorityHost, "https://login.microsoftonline.us");
  const china = deployerCloud({ AZURE_ENVIRONMENT: "AzureChinaCloud" });
  assert.deepEqual(china, {
    authorityHost: "https://login.chinacloudapi.cn",
    database: "https://ossrdbms-aad.database.chinacloudapi.cn",
    privateZone: "privatelink.postgres.database.chinacloudapi.cn",
    resourceManager: "https://management.chinacloudapi.cn",
    graph: "https://microsoftgraph.chinacloudapi.cn",
  });
  assert.match(refusal({ ARM_ENVIRONMENT: "german" }), /one of: public, usgovernment, china[\s\S]*"german"/);
});

test("azure-native's configuration must name the same cloud", () => {
  requireSameCloud(undefined, { ARM_ENVIRONMENT: "china" });
  requireSameCloud("public", {});
  requireSameCloud("usgov", { ARM_ENVIRONMENT: "AzureUSGovernment" });
  assert.throws(() => requireSameCloud("usgovernment", {}), /export ARM_ENVIRONMENT=usgovernment[\s\S]*EP-LOGIN-02/);
  assert.throws(() => requireSameCloud("public", { AZURE_ENVIRONMENT: "china" }), /EP-LOGIN-02/);
  assert.throws(() => requireSameCloud("german", {}), /azure-native:environment to be one of[\s\S]*EP-AZ-08/);
});

test("an OIDC token comes from a variable, a file or the endpoint, in this order", async () => {
  const file = join(folder, "assertion");
  writeFileSync(file, "a.b.c\n");
  const env: NodeJS.ProcessEnv = { ARM_OIDC_TOKEN: "x.y.z", ARM_OIDC_TOKEN_FILE_PATH: file };
  assert.equal(await oidcAssertion(env), "x.y.z");
  delete env.ARM_OIDC_TOKEN;
  assert.equal(await oidcAssertion(env), "a.b.c");
  writeFileSync(file, "d.e.f");
  assert.equal(await oidcAssertion(env), "d.e.f");
  await assert.rejects(
    oidcAssertion({}),
    /none of ARM_OIDC_TOKEN, ARM_OIDC_TOKEN_FILE_PATH, ACTIONS_ID_TOKEN_REQUEST_URL/,
  );
});

test("the job's bearer token is sent over HTTPS only", async () => {
  for (const url of ["http://example.com/token", "ftp://example.com", "nonsense"]) {
    const env = { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: "bearer" };
    await assert.rejects(oidcAssertion(env), /ACTIONS_ID_TOKEN_REQUEST_URL must begin with https:\/\//);
  }
});

test("the next step for an expired OIDC token depends on its source", () => {
  const over = new Failure("token", new Error("AADSTS700024: Client assertion is not within its valid time range."));
  const next = (env: NodeJS.ProcessEnv) => tokenProblem(over, "here", env).explanation.remedy;
  const oidc = { ARM_USE_OIDC: "true" };
  assert.match(next({ ...oidc, ARM_OIDC_TOKEN: "x" }), /^unset ARM_OIDC_TOKEN so that the job requests tokens/);
  assert.match(next({ ...oidc, ARM_OIDC_TOKEN_FILE_PATH: "f" }), /keep the file of ARM_OIDC_TOKEN_FILE_PATH fresh/);
  const endpoint = { ACTIONS_ID_TOKEN_REQUEST_URL: "https://x.example", ACTIONS_ID_TOKEN_REQUEST_TOKEN: "b" };
  assert.match(next({ ...oidc, ...endpoint }), /^compare this machine's clock/);
  assert.match(next({ AZURE_FEDERATED_TOKEN_FILE: "f" }), /keep the file of AZURE_FEDERATED_TOKEN_FILE fresh/);
  assert.match(
    next({ ...oidc, ARM_CLIENT_CERTIFICATE_PATH: "c", ARM_OIDC_TOKEN: "x" }),
    /^compare this machine's clock/,
  );
  const unmatched = new Failure(
    "token",
    new Error("AADSTS700213: No matching federated identity record found for presented assertion subject 'repo:a/b'."),
  );
  assert.match(
    tokenProblem(unmatched).message,
    /expected: the identity of ARM_CLIENT_ID to have a federated credential[\s\S]*federated-credential list/,
  );
});
