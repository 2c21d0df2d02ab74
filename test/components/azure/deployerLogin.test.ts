import "reflect-metadata";
import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { PemConverter, X509CertificateGenerator } from "@peculiar/x509";
import { ENTRA_AUDIENCE } from "../../../components/azure/assertionEndpoint.ts";
import { findSecrets } from "../../harness/leakScan.ts";
import { LoginContext } from "../../harness/loginContext.ts";

let context: LoginContext;
before(async () => {
  context = await LoginContext.open();
});
after(() => context?.close());

/** Logs in, and says nothing of any secret. */
async function loggedIn(way: NodeJS.ProcessEnv): Promise<void> {
  const { user, said } = await context.login(way);
  assert.equal(user, "admin", said);
  assert.deepEqual(findSecrets(said, context.secrets), []);
}

/** Does not log in, and says why without any secret. */
async function refused(way: NodeJS.ProcessEnv, words: RegExp): Promise<string> {
  const { user, said } = await context.login(way);
  assert.equal(user, "");
  assert.match(said, words);
  assert.deepEqual(findSecrets(said, context.secrets), []);
  return said;
}

// First, while this machine's clock, by which the key's holder signs, is also Entra's.
test("a client certificate logs in, and comes before a secret and OIDC", async () => {
  const algorithm = {
    name: "RSASSA-PKCS1-v1_5",
    hash: "SHA-256",
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
  };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const name = "CN=deployer";
  const certificate = await X509CertificateGenerator.createSelfSigned({ name, keys, signingAlgorithm: algorithm });
  context.credentials.certificate = certificate.toString("pem");
  const key = PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY");
  const file = join(context.server.dir, "login.pem");
  writeFileSync(file, `${key}\n${context.credentials.certificate}\n`, { mode: 0o600 });
  await loggedIn({ ARM_CLIENT_CERTIFICATE_PATH: file, ARM_CLIENT_SECRET: "wrong", ARM_USE_OIDC: "true" });
});

test("a job that requests a new OIDC token logs in after the first one expired", async () => {
  const way = { ARM_USE_OIDC: "true", ...context.job.githubVariables };
  await loggedIn(way);
  const [first] = context.job.assertions;
  const asked = context.job.requests;
  context.pass();
  await refused({ ARM_USE_OIDC: "true", ARM_OIDC_TOKEN: first }, /AADSTS700024/);
  await loggedIn(way);
  assert.ok(context.job.requests > asked, "each login asks for an assertion of its own");
});

test("an expired OIDC token in a variable has a code and a next step", async () => {
  const assertion = await context.job.assertion(ENTRA_AUDIENCE);
  await loggedIn({ ARM_USE_OIDC: "true", ARM_OIDC_TOKEN: assertion });
  context.pass();
  const said = await refused({ ARM_USE_OIDC: "true", ARM_OIDC_TOKEN: assertion }, /EP-AZ-0[12]/);
  assert.match(said, /EP-AZ-02/);
  assert.match(
    said,
    /found: .*AADSTS700024: .*Current time: \S+, assertion valid from \S+, expiry time of assertion \S+/,
  );
  assert.match(said, /next: {5}unset ARM_OIDC_TOKEN so that the job requests .*ACTIONS_ID_TOKEN_REQUEST_URL/);
  assert.doesNotMatch(said, /waiting for|Trace ID/);
});

test("the file of the OIDC token is read at each login", async () => {
  const file = join(context.server.dir, "assertion");
  const way = { ARM_USE_OIDC: "true", ARM_OIDC_TOKEN_FILE_PATH: file };
  writeFileSync(file, await context.job.assertion(ENTRA_AUDIENCE));
  await loggedIn(way);
  context.pass();
  await refused(way, /next: {5}have a process keep the file of ARM_OIDC_TOKEN_FILE_PATH fresh/);
  writeFileSync(file, await context.job.assertion(ENTRA_AUDIENCE));
  await loggedIn(way);
});

test("an OIDC token of another issuer, audience, subject or key is refused", async () => {
  const cases: [Record<string, unknown>, RegExp][] = [
    [{ iss: "https://example.com" }, /AADSTS700211: .*assertion issuer 'https:\/\/example.com'/],
    [{ aud: "https://github.com/example" }, /AADSTS700212: .*assertion audience 'https:\/\/github.com\/example'/],
    [{ sub: "repo:example/shop:ref:refs/heads/x" }, /AADSTS700213: .*assertion subject 'repo:example\/shop:ref/],
  ];
  for (const [overrides, words] of cases) {
    const assertion = await context.job.assertion(ENTRA_AUDIENCE, overrides);
    const said = await refused({ ARM_USE_OIDC: "true", ARM_OIDC_TOKEN: assertion }, words);
    assert.match(said, /next: {5}compare with `az identity federated-credential list`/);
  }
  const [head, claims, signature = ""] = (await context.job.assertion(ENTRA_AUDIENCE)).split(".");
  const forged = `${head}.${claims}.AAAAAAAA${signature.slice(8)}`;
  await refused({ ARM_USE_OIDC: "true", ARM_OIDC_TOKEN: forged }, /AADSTS700027: .*invalid signature/);
});

test("a busy OIDC endpoint is retried; a refusal is not", async () => {
  const way = { ARM_USE_OIDC: "true", ...context.job.githubVariables };
  const before = context.job.requests;
  context.job.fault = (request) => (request <= before + 2 ? { status: 503, body: "busy" } : undefined);
  await loggedIn(way);
  assert.ok(context.job.requests > before + 2);
  context.job.fault = undefined;
  await refused(
    { ...way, ACTIONS_ID_TOKEN_REQUEST_TOKEN: "another" },
    /endpoint of ACTIONS_ID_TOKEN_REQUEST_URL answered 401/,
  );
});

test("a job without an OIDC source is told the permission", async () => {
  await refused(
    { ARM_USE_OIDC: "true" },
    /ARM_USE_OIDC is set, and none of[\s\S]*next: {5}give the job `permissions: id-token: write`/,
  );
});

test("a client secret logs in; a wrong one is refused and not quoted", async () => {
  context.credentials.secret = "the-right-secret";
  await loggedIn({ ARM_CLIENT_SECRET: "the-right-secret" });
  const said = await refused(
    { ARM_CLIENT_SECRET: "the-wrong-secret" },
    /AADSTS7000215: Invalid client secret provided/,
  );
  assert.ok(!said.includes("the-wrong-secret"));
});

test("the default credential reads AZURE_*, the federated token file among them", async () => {
  const file = join(context.server.dir, "federated");
  writeFileSync(file, await context.job.assertion(ENTRA_AUDIENCE));
  await loggedIn({
    ARM_USE_DEFAULT_AZURE_CREDENTIAL: "true",
    AZURE_TOKEN_CREDENTIALS: "WorkloadIdentityCredential",
    AZURE_CLIENT_ID: context.environment.ARM_CLIENT_ID,
    AZURE_TENANT_ID: context.environment.ARM_TENANT_ID,
    AZURE_FEDERATED_TOKEN_FILE: file,
  });
});

test("a pipeline of Azure DevOps logs in by the file that federatedToken keeps", async () => {
  const { user, said } = await context.login(
    {
      ...context.job.azureDevOpsVariables,
      AZURE_TOKEN_CREDENTIALS: "WorkloadIdentityCredential",
      RUNNER_TEMP: context.server.dir,
    },
    {},
    [join(import.meta.dirname, "../../../delivery/federatedToken/main.ts"), "--"],
  );
  assert.equal(user, "admin", said);
  assert.deepEqual(findSecrets(said, context.secrets), []);
});

test("an authority with an untrusted certificate receives nothing", async () => {
  const way = { ARM_CLIENT_SECRET: "the-right-secret", NODE_EXTRA_CA_CERTS: "" };
  const tokens = context.server.tokens.length;
  await refused(way, /EP-AZ-0[12]/);
  assert.equal(context.server.tokens.length, tokens);
});

test("a login that is not an administrator is refused before a connection", async () => {
  const other = { objectId: "aaaaaaaa-0000-0000-0000-000000000001", name: "ada@example.com", type: "User" };
  const way = { ARM_USE_OIDC: "true", ...context.job.githubVariables };
  // Nothing listens there: who is refused beforehand does not notice.
  const { user, said } = await context.login(way, { administrators: [other], port: 1 });
  assert.equal(user, "");
  assert.match(
    said,
    new RegExp(`found: {4}you are logged in as \\S+ \\(object id ${context.server.admin.objectId}\\)`),
  );
  assert.match(said, /the administrators are "ada@example.com" \(User, object id aaaaaaaa-/);
  assert.doesNotMatch(said, /waiting for/);
  const own = { objectId: context.server.admin.objectId, name: "admin", type: "ServicePrincipal" };
  assert.equal((await context.login(way, { administrators: [other, own] })).user, "admin");
  assert.equal((await context.login(way, { adminUser: "nobody", administrators: [other, own] })).user, "admin");
  const group = { ...other, name: "db-admins", type: "Group" };
  const left = await context.login(way, { adminUser: "db-admins", administrators: [group] });
  assert.match(left.said, /found: .*SQLSTATE/, "the server decides");
});
