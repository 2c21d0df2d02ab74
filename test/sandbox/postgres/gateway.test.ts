import assert from "node:assert/strict";
import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, type JsonWebKey, sign } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import type pg from "pg";
import type { Principal } from "../../../sandbox/entra/directory.ts";
import { TokenIssuer } from "../../../sandbox/entra/tokenIssuer.ts";
import { POSTGRES_RESOURCE } from "../../../sandbox/entra/tokenRequest.ts";
import { TestServer } from "../../harness/testServer.ts";

let host: TestServer;
let app: Principal;
let user: Principal;
let member: Principal;
let group: Principal;

before(async () => {
  host = await TestServer.open();
  const { directory } = host;
  app = directory.add({ displayName: "app", type: "service" });
  user = directory.add({ displayName: "Ada", type: "user", userPrincipalName: "ada@contoso.com" });
  member = directory.add({ displayName: "member", type: "service" });
  group = directory.add({ displayName: "team", type: "group", members: [member.objectId] });
  await host.server.setConfiguration("log_statement", "all");
  await host.server.setConfiguration("log_connections", "all");
  await host.server.setConfiguration("log_min_messages", "debug2");
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
});
after(async () => await host.close());

/** A connection string for a verified login. */
const verified = (name: string) =>
  `host=localhost user=${name} dbname=postgres sslmode=verify-full sslrootcert=${host.dir}/ca.pem`;

async function refusal(attempt: Promise<unknown>): Promise<{ code?: string | undefined; message: string }> {
  try {
    await attempt;
  } catch (error) {
    return error as pg.DatabaseError;
  }
  assert.fail("the login was accepted");
}

describe("logs in", () => {
  test("a managed identity with psql over verified TLS", async () => {
    const { stdout, stderr, exitCode } = await host.psql(verified("app"), await host.token(app), "SELECT current_user");
    assert.deepEqual([stdout, stderr, exitCode], ["app\n", "", 0]);
  });

  test("psql by IP address, and by the server's name on Azure", async () => {
    const names = ["host=127.0.0.1", "host=testserver.postgres.database.azure.com hostaddr=127.0.0.1"];
    for (const name of names) {
      const run = await host.psql(verified("app").replace("host=localhost", name), await host.token(app), "SELECT 1");
      assert.deepEqual([run.stderr, run.exitCode], ["", 0]);
    }
  });

  test("a user, a member of a group, and a service that is bound by its client id", async () => {
    const logins: [string, Principal][] = [
      ["ada@contoso.com", user],
      ["team", member],
      ["by-client-id", app],
    ];
    for (const [name, principal] of logins) {
      assert.deepEqual(await host.query(name, principal, "SELECT current_user::text AS name"), [{ name }]);
    }
  });

  test("a token whose holder did multi-factor authentication where the role requires it", async () => {
    const client = await host.connect("careful", await host.token(app, { amr: ["pwd", "mfa"] }));
    await client.end();
  });

  test("data of many megabytes, unharmed in both directions", async () => {
    const client = await host.connect("app", await host.token(app));
    const text = "0123456789abcdef".repeat(1 << 20);
    const { rows } = await client.query("SELECT md5($1) = md5($2 || '') AS same, $1 AS text", [text, text]);
    assert.equal(rows[0]?.same, true);
    assert.equal(rows[0]?.text === text, true);
    await client.end();
  });
});

describe("refuses, with the same count on both sides,", () => {
  let refused: number;
  afterEach(() => {
    refused = host.lines.length;
  });
  before(() => {
    refused = host.lines.length;
  });
  /** The server has written one line for one refusal, and has no session of the role. */
  async function counted(name: string): Promise<void> {
    assert.equal(host.lines.length, refused + 1, host.lines.slice(refused).join("\n"));
    const sql = `SELECT FROM pg_stat_activity WHERE usename = '${name}' AND backend_type = 'client backend' AND application_name <> 'azure'`;
    const sessions = await host.query("admin", host.admin, sql);
    assert.equal(sessions.length, 0);
  }

  const tampered = (change: (parts: { header: Record<string, unknown>; claims: Record<string, unknown> }) => void) => {
    return async (signature: (input: string) => string) => {
      const [header = "", claims = ""] = (await host.token(app)).split(".");
      const parts = { header: decode(header), claims: decode(claims) };
      change(parts);
      const input = `${encode(parts.header)}.${encode(parts.claims)}`;
      return `${input}.${signature(input)}`;
    };
  };
  const audience = /does not have a valid audience claim.*resource "https:\/\/ossrdbms-aad\.database\.windows\.net"\.$/;
  const invalid = /^An error occurred while validating the access token\. Please acquire a new token and retry\.$/;
  const cases: [string, () => Promise<string>, string, RegExp][] = [
    ["a token that is over", () => host.token(app, {}, -1), "28000", /^The access token has expired$/],
    [
      "a token for the control plane",
      () => host.token(app, { aud: "https://management.azure.com" }),
      "28000",
      audience,
    ],
    [
      "a token whose audience has a slash at the end",
      () => host.token(app, { aud: "https://ossrdbms-aad.database.windows.net/" }),
      "28000",
      audience,
    ],
    ["a token without an audience", () => host.token(app, { aud: undefined }), "28000", audience],
    ["a token of another issuer", () => host.token(app, { iss: "https://sts.windows.net/other/" }), "28000", invalid],
    [
      "a token of another tenant",
      () => host.token(app, { tid: "0f8fad5b-d9cb-469f-a165-70867728950e" }),
      "28000",
      invalid,
    ],
    ["a token that is not valid yet", () => host.token(app, { nbf: Date.now() / 1000 + 900 }), "28000", invalid],
    ["a token without an end", () => host.token(app, { exp: undefined }), "28000", invalid],
    ["a token without a beginning", () => host.token(app, { nbf: undefined }), "28000", invalid],
    [
      "a token without an object id",
      () => host.token(app, { oid: undefined }),
      "28000",
      /doesn't have a valid oid claim/,
    ],
    [
      "a user's token for a service's role",
      () => host.token(user),
      "28000",
      /cannot generate AAD_AUTH_TOKENTYPE_APP_USER tokens for role "app"\.$/,
    ],
    [
      "algorithm none",
      () => tampered(({ header }) => Object.assign(header, { alg: "none" }))(() => ""),
      "28000",
      invalid,
    ],
    [
      "HS256 with the public key as the secret",
      () => tampered(({ header }) => Object.assign(header, { alg: "HS256" }))(hmacWithPublicKey),
      "28000",
      invalid,
    ],
    ["RS256 by another key", () => tampered(() => {})(signWithOtherKey), "28000", invalid],
    [
      "an unknown key id",
      () => tampered(({ header }) => Object.assign(header, { kid: "other" }))(signWithOtherKey),
      "28000",
      invalid,
    ],
    [
      "changed claims under an old signature",
      async () => {
        const token = await host.token(member);
        const [header, claims = "", signature] = token.split(".");
        return `${header}.${encode({ ...decode(claims), oid: app.objectId })}.${signature}`;
      },
      "28000",
      invalid,
    ],
    ["an ordinary password", async () => "secret", "28P01", /^password authentication failed for user "app"$/],
    ["a token with a prefix", async () => `Bearer ${await host.token(app)}`, "28000", invalid],
    ["a token in quotes", async () => `"${await host.token(app)}"`, "28000", invalid],
  ];
  for (const [what, token, code, message] of cases) {
    test(what, async () => {
      const error = await refusal(host.connect("app", await token()));
      assert.deepEqual([error.code, message.test(error.message)], [code, true], error.message);
      await counted("app");
    });
  }

  test("a token by the right key that does not name it", async () => {
    const token = await tampered(({ header }) => Reflect.deleteProperty(header, "kid"))(signWithIssuersKey);
    const error = await refusal(host.connect("app", token));
    assert.match(error.message, invalid);
    await counted("app");
  });

  test("a token by the right key with a header that must be understood and is not", async () => {
    const change = tampered(({ header }) => Object.assign(header, { crit: ["unheard"], unheard: true }));
    const error = await refusal(host.connect("app", await change(signWithIssuersKey)));
    assert.match(error.message, invalid);
    await counted("app");
  });

  test("a token that brings its own key, or says where it lies, and is not asked for there", async (t) => {
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const jwk = { ...publicKey.export({ format: "jwk" }), kid: "own", alg: "RS256", use: "sig" };
    let asked = 0;
    const keys = createServer((_, response) => {
      asked += 1;
      response.end(JSON.stringify({ keys: [jwk] }));
    }).listen(0, "127.0.0.1");
    await once(keys, "listening");
    t.after(() => keys.close());
    const jku = `http://127.0.0.1:${(keys.address() as AddressInfo).port}/keys`;
    const signature = (input: string) => sign("sha256", Buffer.from(input), privateKey).toString("base64url");
    for (const own of [{ jwk }, { jku }, { x5u: jku }]) {
      const token = await tampered(({ header }) => Object.assign(header, { kid: "own" }, own))(signature);
      assert.match((await refusal(host.connect("app", token))).message, invalid);
      await counted("app");
      refused = host.lines.length;
    }
    assert.equal(asked, 0);
  });

  test("a token by a key that the tenant does not publish any more", async () => {
    mkdirSync(join(host.dir, "retired"));
    const retired = await TokenIssuer.open(host.directory, join(host.dir, "retired"));
    const { accessToken } = await retired.issue(app, POSTGRES_RESOURCE);
    assert.match((await refusal(host.connect("app", accessToken))).message, invalid);
    await counted("app");
  });

  test("nothing of a token that is only put together anew by the right key", async () => {
    const client = await host.connect("app", await tampered(() => {})(signWithIssuersKey));
    await client.end();
    assert.equal(host.lines.length, refused);
  });

  test("the token of another service, in Azure's words", async () => {
    const error = await refusal(host.connect("app", await host.token(member)));
    assert.deepEqual(
      [error.code, error.message],
      [
        "28000",
        `Service principal oid mismatch for role "The oid in the security label [${app.objectId}] does not match the appid [${member.clientId}] or oid [${member.objectId}] in the token."`,
      ],
    );
    await counted("app");
  });

  const roles: [string, string, () => Promise<string>, string, RegExp][] = [
    [
      "a service's token for a user's role",
      "ada@contoso.com",
      () => host.token(app),
      "28000",
      /^Microsoft Entra user token for role "ada@contoso\.com" is neither an AAD_AUTH_TOKENTYPE_APP_USER or an AAD_AUTH_TOKENTYPE_APP_OBO token\.$/,
    ],
    [
      "another user's token",
      "ada@contoso.com",
      () => host.token({ ...user, objectId: app.objectId }),
      "28000",
      /does not match/,
    ],
    ["the token of one who is not in the group", "team", () => host.token(app), "28000", /not a member/],
    [
      "a token with the group's own object id",
      "team",
      () => host.token(app, { oid: group.objectId }),
      "28000",
      /not a member/,
    ],
    [
      "a token without multi-factor authentication where the role requires it",
      "careful",
      () => host.token(app),
      "28000",
      /no mfa claim/,
    ],
    ["a role that is not there", "nobody", () => host.token(app), "28P01", /user "nobody"$/],
    ["the superuser", "azuresu", () => host.token(host.admin), "28P01", /user "azuresu"$/],
    ["a role that is no Entra role", "passworded", () => host.token(app), "28P01", /user "passworded"$/],
    [
      "a role that is no Entra role, with its password",
      "passworded",
      async () => "secret",
      "28P01",
      /user "passworded"$/,
    ],
    ["the group of administrators", "azure_pg_admin", () => host.token(host.admin), "28P01", /user "azure_pg_admin"$/],
  ];
  for (const [what, name, token, code, message] of roles) {
    test(what, async () => {
      const error = await refusal(host.connect(name, await token()));
      assert.deepEqual([error.code, message.test(error.message)], [code, true], error.message);
      await counted(name);
    });
  }

  test("a client without TLS, before it asks for a password", async () => {
    const run = await host.psql(
      "host=localhost user=app dbname=postgres sslmode=disable",
      await host.token(app),
      "SELECT 1",
    );
    assert.equal(run.exitCode, 2);
    assert.match(
      run.stderr,
      /FATAL: {2}no pg_hba\.conf entry for host "127\.0\.0\.1", user "app", database "postgres", no encryption\n$/,
    );
    await counted("app");
  });
});

test("does not get the token of a client that finds another host's certificate or does not know the authority", async () => {
  const lines = host.lines.length;
  const token = await host.token(app);
  const wrongName = await host.psql(
    verified("app").replace("host=localhost", "host=other.example hostaddr=127.0.0.1"),
    token,
    "SELECT 1",
  );
  assert.deepEqual(wrongName.exitCode, 2);
  assert.match(wrongName.stderr, /does not match host name "other\.example"/);
  const systemRoots = await host.psql(
    "host=localhost user=app dbname=postgres sslmode=verify-full sslrootcert=/etc/ssl/certs/ca-certificates.crt",
    token,
    "SELECT 1",
  );
  assert.equal(systemRoots.exitCode, 2);
  assert.match(systemRoots.stderr, /certificate verify failed|could not read root certificate|does not exist/);
  assert.equal(host.lines.length, lines);
});

test("passes on what PostgreSQL itself says: an unknown database, an ended session", async () => {
  assert.equal((await refusal(host.connect("app", await host.token(app), "nowhere"))).code, "3D000");
  const client = await host.connect("app", await host.token(app));
  const ended = once(client, "error");
  const { processID } = client as unknown as { processID: number };
  await host.query("admin", host.admin, `SELECT pg_terminate_backend(${processID})`);
  assert.equal(((await ended) as [pg.DatabaseError])[0].code, "57P01");
});

test("writes no token to any log, at the loudest setting", () => {
  const logs = `${host.lines.join("\n")}\n${host.postgresLog()}`;
  assert.match(logs, /SELECT current_user/);
  assert.match(logs, /refused 127\.0\.0\.1 as "app"/);
  assert.ok(host.tokens.length > 30);
  for (const token of host.tokens) {
    const [, claims = "", signature = ""] = token.split(".");
    assert.equal(logs.includes(signature) || logs.includes(claims), false);
  }
});

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function decode(part: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(part, "base64url").toString()) as Record<string, unknown>;
}

/** The attack on verifiers that take the key without asking for its kind. */
function hmacWithPublicKey(input: string): string {
  const key = createPublicKey({ key: host.issuer.jwks.keys[0] as JsonWebKey, format: "jwk" });
  return createHmac("sha256", key.export({ type: "spki", format: "pem" }))
    .update(input)
    .digest("base64url");
}

function signWithOtherKey(input: string): string {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return sign("sha256", Buffer.from(input), privateKey).toString("base64url");
}

function signWithIssuersKey(input: string): string {
  const { key } = JSON.parse(readFileSync(`${host.dir}/token-signing-key.json`, "utf8")) as { key: JsonWebKey };
  return sign("sha256", Buffer.from(input), createPrivateKey({ key, format: "jwk" })).toString("base64url");
}
