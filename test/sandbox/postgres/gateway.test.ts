import assert from "node:assert/strict";
import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, type JsonWebKey, sign } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import type pg from "pg";
import type { Principal } from "../../../sandbox/entra/directory.ts";
import { TokenIssuer } from "../../../sandbox/entra/tokenIssuer.ts";
import { MANAGEMENT_RESOURCE, POSTGRES_RESOURCE } from "../../../sandbox/entra/tokenRequest.ts";
import { TestServer } from "../../harness/testServer.ts";

const host = await TestServer.open();
after(async () => await host.close());
const { directory } = host;
const app = directory.add({ displayName: "app", type: "service" });
const user = directory.add({ displayName: "Ada", type: "user", userPrincipalName: "ada@contoso.com" });
const member = directory.add({ displayName: "member", type: "service" });
const group = directory.add({ displayName: "team", type: "group", members: [member.objectId] });
for (const [name, value] of [
  ["log_statement", "all"],
  ["log_connections", "all"],
  ["log_min_messages", "debug2"],
] as const) {
  await host.server.setConfiguration(name, value);
}
await host.query(
  "admin",
  host.admin,
  `SELECT pgaadauth_create_principal('app', false, false);
   SELECT pgaadauth_create_principal('ada@contoso.com', false, false);
   SELECT pgaadauth_create_principal('team', false, false);
   SELECT pgaadauth_create_principal_with_oid('by-client-id', '${app.clientId}', 'service', false, false);
   SELECT pgaadauth_create_principal_with_oid('careful', '${app.objectId}', 'service', false, true);
   CREATE ROLE passworded LOGIN PASSWORD 'secret'`,
);

/** A server of keys, which nobody may ask. */
let requestsForKeys = 0;
const keyServer = createServer((_, response) => {
  requestsForKeys += 1;
  response.end(JSON.stringify({ keys: [{ ...OWN_JWK }] }));
}).listen(0, "127.0.0.1");
await once(keyServer, "listening");
after(() => keyServer.close());
const keyUrl = `http://127.0.0.1:${(keyServer.address() as AddressInfo).port}/keys`;
const OWN = generateKeyPairSync("rsa", { modulusLength: 2048 });
const OWN_JWK = { ...OWN.publicKey.export({ format: "jwk" }), kid: "own", alg: "RS256", use: "sig" };

/** A connection string for a verified login. */
const verified = (name: string) =>
  `host=localhost user=${name} dbname=postgres sslmode=verify-full sslrootcert=${host.dir}/ca.pem`;

describe("the gateway accepts", () => {
  test("a managed identity with psql over verified TLS", async () => {
    const { stdout, stderr, exitCode } = await host.psql(verified("app"), await host.token(app), "SELECT current_user");
    assert.deepEqual([stdout, stderr, exitCode], ["app\n", "", 0]);
  });

  test("psql by IP address, and by the server's name on Azure", async () => {
    for (const name of ["host=127.0.0.1", "host=testserver.postgres.database.azure.com hostaddr=127.0.0.1"]) {
      const run = await host.psql(verified("app").replace("host=localhost", name), await host.token(app), "SELECT 1");
      assert.deepEqual([run.stderr, run.exitCode], ["", 0]);
    }
  });

  for (const [what, name, principal] of [
    ["a user", "ada@contoso.com", user],
    ["a member of a group", "team", member],
    ["a service whose role has its client id", "by-client-id", app],
  ] as const) {
    test(what, async () => {
      assert.deepEqual(await host.query(name, principal, "SELECT current_user::text AS name"), [{ name }]);
    });
  }

  for (const [what, name, token] of [
    ["an mfa claim where the role requires it", "careful", () => host.token(app, { amr: ["pwd", "mfa"] })],
    ["a token that the tenant's key signs again", "app", () => forged(withIssuersKey)],
  ] as const) {
    test(what, async () => await (await host.connect(name, await token())).end());
  }

  test("many megabytes in both directions", async () => {
    const client = await host.connect("app", await host.token(app));
    const text = "0123456789abcdef".repeat(1 << 20);
    const { rows } = await client.query("SELECT md5($1) = md5($2 || '') AS same, $1 AS text", [text, text]);
    assert.equal(rows[0]?.same && rows[0]?.text === text, true);
    await client.end();
  });
});

interface Refused {
  role?: string;
  token: () => Promise<string>;
  code?: string;
  message?: RegExp;
}

describe("the gateway refuses", () => {
  const invalid = /^An error occurred while validating the access token\. Please acquire a new token and retry\.$/;
  const audience = /does not have a valid audience claim.*resource "https:\/\/ossrdbms-aad\.database\.windows\.net"\.$/;
  const noMember = /not a member/;
  const claims = (changes: object) => () => host.token(app, { ...changes });
  const otherToken = (principal: Principal) => () => host.token(principal);
  const password = async () => "secret";
  const noRole = (role: string, token = otherToken(app)) => ({
    role,
    token,
    code: "28P01",
    message: new RegExp(`^password authentication failed for user "${role}"$`),
  });
  const cases: Record<string, Refused> = {
    "an expired token": { token: () => host.token(app, {}, -1), message: /^The access token has expired$/ },
    "a token for the control plane": { token: claims({ aud: MANAGEMENT_RESOURCE }), message: audience },
    "an audience with a slash at the end": { token: claims({ aud: `${POSTGRES_RESOURCE}/` }), message: audience },
    "a token without an audience": { token: claims({ aud: undefined }), message: audience },
    "another issuer": { token: claims({ iss: "https://sts.windows.net/other/" }) },
    "another tenant": { token: claims({ tid: "0f8fad5b-d9cb-469f-a165-70867728950e" }) },
    "a token that is not valid yet": { token: claims({ nbf: Date.now() / 1000 + 900 }) },
    "a token without an end": { token: claims({ exp: undefined }) },
    "a token without a beginning": { token: claims({ nbf: undefined }) },
    "a token without an object id": { token: claims({ oid: undefined }), message: /doesn't have a valid oid claim/ },
    "algorithm none": { token: () => forged(() => "", { alg: "none" }) },
    "HS256 with the public key as the secret": { token: () => forged(hmacWithPublicKey, { alg: "HS256" }) },
    "another key under the tenant's key id": { token: () => forged(withOwnKey) },
    "an unknown key id": { token: () => forged(withOwnKey, { kid: "other" }) },
    "the tenant's key without its id": { token: () => forged(withIssuersKey, { kid: undefined }) },
    "a critical header that is unknown": {
      token: () => forged(withIssuersKey, { crit: ["unheard"], unheard: true }),
    },
    "a key in the token": { token: () => forged(withOwnKey, { kid: "own", jwk: OWN_JWK }) },
    "the address of a key set in the token": { token: () => forged(withOwnKey, { kid: "own", jku: keyUrl }) },
    "the address of a certificate in the token": { token: () => forged(withOwnKey, { kid: "own", x5u: keyUrl }) },
    "a key that the tenant no longer publishes": {
      token: async () => {
        mkdirSync(join(host.dir, "retired"));
        const retired = await TokenIssuer.open(directory, join(host.dir, "retired"));
        return (await retired.issue(app, POSTGRES_RESOURCE)).accessToken;
      },
    },
    "changed claims under an old signature": {
      token: async () => {
        const [header, old = "", signature] = (await host.token(member)).split(".");
        return `${header}.${encode({ ...decode(old), oid: app.objectId })}.${signature}`;
      },
    },
    "an ordinary password": noRole("app", password),
    "a token with a prefix": { token: async () => `Bearer ${await host.token(app)}` },
    "a token in quotes": { token: async () => `"${await host.token(app)}"` },
    "another service, in Azure's words": {
      token: otherToken(member),
      message: new RegExp(
        `^Service principal oid mismatch for role "The oid in the security label \\[${app.objectId}\\] does not match ` +
          `the appid \\[${member.clientId}\\] or oid \\[${member.objectId}\\] in the token\\."$`,
      ),
    },
    "a user's token for a service's role": {
      token: otherToken(user),
      message: /^Service principals cannot generate AAD_AUTH_TOKENTYPE_APP_USER tokens for role "app"\.$/,
    },
    "a service's token for a user's role": {
      role: "ada@contoso.com",
      token: otherToken(app),
      message:
        /^Microsoft Entra user token for role "ada@contoso\.com" is neither an AAD_AUTH_TOKENTYPE_APP_USER or an AAD_AUTH_TOKENTYPE_APP_OBO token\.$/,
    },
    "another user's token": {
      role: "ada@contoso.com",
      token: () => host.token({ ...user, objectId: app.objectId }),
      message: /does not match/,
    },
    "a service that is not in the group": { role: "team", token: otherToken(app), message: noMember },
    "the group's own object id": { role: "team", token: claims({ oid: group.objectId }), message: noMember },
    "no mfa claim where the role requires it": { role: "careful", token: otherToken(app), message: /no mfa claim/ },
    "an unknown role": noRole("nobody"),
    "the superuser": noRole("azuresu", otherToken(host.admin)),
    "a role without a principal": noRole("passworded"),
    "a role without a principal, with its password": noRole("passworded", password),
    "the group of administrators": noRole("azure_pg_admin", otherToken(host.admin)),
  };
  for (const [what, { role = "app", token, code = "28000", message = invalid }] of Object.entries(cases)) {
    test(`${what}, with one line in the log`, async () => {
      const lines = host.lines.length;
      const error = await failure(host.connect(role, await token()));
      assert.equal(error.code, code);
      assert.match(error.message, message);
      assert.equal(host.lines.length, lines + 1, host.lines.slice(lines).join("\n"));
      assert.equal(requestsForKeys, 0);
      const sql = `SELECT FROM pg_stat_activity WHERE usename = '${role}' AND backend_type = 'client backend' AND application_name <> 'azure'`;
      assert.deepEqual(await host.query("admin", host.admin, sql), []);
    });
  }
});

test("a client that does not accept the certificate sends no token", async () => {
  const lines = host.lines.length;
  for (const [place, certificates, message] of [
    ["host=other.example hostaddr=127.0.0.1", `${host.dir}/ca.pem`, /does not match host name "other\.example"/],
    [
      "host=localhost",
      "/etc/ssl/certs/ca-certificates.crt",
      /certificate verify failed|could not read root certificate|does not exist/,
    ],
  ] as const) {
    const connection = `${place} user=app dbname=postgres sslmode=verify-full sslrootcert=${certificates}`;
    const run = await host.psql(connection, await host.token(app), "SELECT 1");
    assert.equal(run.exitCode, 2);
    assert.match(run.stderr, message);
  }
  assert.equal(host.lines.length, lines);
});

test("clients get PostgreSQL's own errors: an unknown database, an ended session", async () => {
  assert.equal((await failure(host.connect("app", await host.token(app), "nowhere"))).code, "3D000");
  const client = await host.connect("app", await host.token(app));
  const ended = once(client, "error");
  const { processID } = client as unknown as { processID: number };
  await host.query("admin", host.admin, `SELECT pg_terminate_backend(${processID})`);
  assert.equal(((await ended) as [pg.DatabaseError])[0].code, "57P01");
});

test("no log has a token, at the most detailed level", () => {
  const logs = `${host.lines.join("\n")}\n${host.postgresLog()}`;
  assert.match(logs, /SELECT current_user/);
  assert.match(logs, /refused 127\.0\.0\.1 as "app"/);
  assert.ok(host.tokens.length > 30);
  for (const token of host.tokens) {
    const [, claims = "", signature = ""] = token.split(".");
    assert.equal(logs.includes(signature) || logs.includes(claims), false);
  }
});

async function failure(attempt: Promise<unknown>): Promise<pg.DatabaseError> {
  try {
    await attempt;
  } catch (error) {
    return error as pg.DatabaseError;
  }
  assert.fail("the login was accepted");
}

/** A token of `app` with another header and signature. */
async function forged(signature: (input: string) => string, changes: object = {}): Promise<string> {
  const [header = "", claims] = (await host.token(app)).split(".");
  const input = `${encode({ ...decode(header), ...changes })}.${claims}`;
  return `${input}.${signature(input)}`;
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function decode(part: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(part, "base64url").toString()) as Record<string, unknown>;
}

/** The attack on a check that does not fix the algorithm. */
function hmacWithPublicKey(input: string): string {
  const key = createPublicKey({ key: host.issuer.jwks.keys[0] as JsonWebKey, format: "jwk" });
  const secret = key.export({ type: "spki", format: "pem" });
  return createHmac("sha256", secret).update(input).digest("base64url");
}

function withOwnKey(input: string): string {
  return sign("sha256", Buffer.from(input), OWN.privateKey).toString("base64url");
}

function withIssuersKey(input: string): string {
  const { key } = JSON.parse(readFileSync(`${host.dir}/token-signing-key.json`, "utf8")) as { key: JsonWebKey };
  return sign("sha256", Buffer.from(input), createPrivateKey({ key, format: "jwk" })).toString("base64url");
}
