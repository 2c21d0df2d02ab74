import assert from "node:assert/strict";
import { createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, type JsonWebKey, sign } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect as connectSocket, type Socket } from "node:net";
import { after, afterEach, before, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { connect as connectTls, DEFAULT_MIN_VERSION, type TLSSocket } from "node:tls";
import type pg from "pg";
import type { Principal } from "../../sandbox/entra/directory.ts";
import { Gateway } from "../../sandbox/postgres/gateway.ts";
import { TestServer } from "./testServer.ts";

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

describe("lets in", () => {
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

  test("a client that starts with TLS without asking first", async () => {
    const tls = await direct(["postgresql"]);
    tls.write(startup({ user: "app", database: "postgres" }));
    await answer(tls, /^R/);
    tls.write(passwordMessage(await host.token(app)));
    await answer(tls, /server_version.*Z/s);
    tls.destroy();
  });

  test("data of many megabytes, unharmed in both directions", async () => {
    const client = await host.connect("app", await host.token(app));
    const text = "0123456789abcdef".repeat(1 << 20);
    const { rows } = await client.query("SELECT md5($1) = md5($2 || '') AS same, $1 AS text", [text, text]);
    assert.equal(rows[0]?.same, true);
    assert.equal(rows[0]?.text === text, true);
    await client.end();
  });

  test("a cancel request, in the clear and inside TLS", async () => {
    for (const encrypted of [false, true]) {
      const client = await host.connect("app", await host.token(app));
      const sleeping = refusal(client.query("SELECT pg_sleep(600)"));
      const { processID, secretKey } = client as unknown as { processID: number; secretKey: number };
      await untilRunning(processID);
      const socket: Socket = encrypted ? await direct(["postgresql"]) : await plain();
      const request = Buffer.alloc(16);
      request.writeUInt32BE(16, 0);
      request.writeUInt32BE(80_877_102, 4);
      request.writeInt32BE(processID, 8);
      request.writeInt32BE(secretKey, 12);
      const closed = once(socket, "close");
      socket.resume();
      socket.write(request);
      await closed;
      assert.equal((await sleeping).code, "57014");
      await client.end();
    }
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
    const socket = await plain();
    socket.write(startup({ user: "app", database: "postgres" }));
    assert.match(await answer(socket, /^.*\0\0$/s), /^E.*C28000\0/s);
    assert.equal(host.lines.length, refused + 2);
  });

  test("a replication connection", async () => {
    const tls = await direct(["postgresql"]);
    tls.write(startup({ user: "app", database: "postgres", replication: "database" }));
    assert.match(await answer(tls, /^.*\0\0$/s), /^E.*no pg_hba\.conf entry for replication connection/s);
    await counted("app");
  });

  test("a startup message that names two users", async () => {
    const tls = await direct(["postgresql"]);
    const twice = Buffer.concat([startup({ user: "app" }).subarray(8, -1), Buffer.from("user\0azuresu\0\0")]);
    const head = Buffer.alloc(8);
    head.writeUInt32BE(twice.length + 8);
    head.writeUInt32BE(196_608, 4);
    tls.write(Buffer.concat([head, twice]));
    assert.match(await answer(tls, /^.*\0\0$/s), /^E.*C08P01\0.*given twice/s);
    await counted("azuresu");
  });

  test("bytes that are no packet of PostgreSQL", async () => {
    for (const bytes of [
      Buffer.from("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
      Buffer.alloc(8),
      Buffer.alloc(8, 0xff),
    ]) {
      const socket = await plain();
      socket.write(bytes);
      assert.match(await answer(socket, /^.*\0\0$/s), /^E.*C08P01\0/s);
    }
    assert.equal(host.lines.length, refused + 3);
  });

  test("bytes that came with the request for TLS", async () => {
    const socket = await plain();
    socket.write(Buffer.concat([SSL_REQUEST, startup({ user: "app" })]));
    assert.match(await answer(socket, /^.*\0\0$/s), /^E.*received unencrypted data after SSL request/s);
    await counted("app");
  });

  test("TLS without asking that does not say what it speaks", async () => {
    const tls = await direct(undefined);
    assert.match(await answer(tls, /^.*\0\0$/s), /^E.*without ALPN/s);
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

test("speaks TLS 1.2 and 1.3, nothing older", async () => {
  assert.equal(DEFAULT_MIN_VERSION, "TLSv1.2");
  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    const tls = await direct(["postgresql"], { minVersion: version, maxVersion: version });
    assert.equal(tls.getProtocol(), version);
    tls.destroy();
  }
  const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT:@SECLEVEL=0" } as const;
  await assert.rejects(direct(["postgresql"], old), /protocol version|ECONNRESET|disconnected/);
});

test("passes on what PostgreSQL itself says: an unknown database, an ended session", async () => {
  assert.equal((await refusal(host.connect("app", await host.token(app), "nowhere"))).code, "3D000");
  const client = await host.connect("app", await host.token(app));
  const ended = once(client, "error");
  const { processID } = client as unknown as { processID: number };
  await host.query("admin", host.admin, `SELECT pg_terminate_backend(${processID})`);
  assert.equal(((await ended) as [pg.DatabaseError])[0].code, "57P01");
});

test("ends PostgreSQL's session when the client is gone, with a goodbye or without", async () => {
  for (const leave of ["destroy", "resetAndDestroy"] as const) {
    const socket = await plain();
    const pid = await backendOf(await login(socket));
    socket[leave]();
    const deadline = Date.now() + 20_000;
    for (;;) {
      const rows = await host.query("admin", host.admin, `SELECT FROM pg_stat_activity WHERE pid = ${pid}`);
      if (rows.length === 0) break;
      assert.ok(Date.now() < deadline, "the session is still there");
    }
  }
});

test("gives a client that reads late everything that PostgreSQL sent before it ended the session", async () => {
  const tls = await login();
  const pid = await backendOf(tls);
  const size = 8 << 20;
  const terminate = Buffer.from([0x58, 0, 0, 0, 4]);
  tls.write(Buffer.concat([queryMessage(`SELECT repeat('x', ${size})`), terminate]));
  const waiting = `SELECT FROM pg_stat_activity WHERE pid = ${pid} AND wait_event = 'ClientWrite'`;
  const deadline = Date.now() + 20_000;
  while ((await host.query("admin", host.admin, waiting)).length === 0) {
    assert.ok(Date.now() < deadline, "PostgreSQL is not held up by a client that does not read");
  }
  const text = await answer(tls, /SELECT 1\0/);
  assert.equal(text.length > size, true);
});

test("gives a client only so much time to log in, at each step", async () => {
  const gateway = await Gateway.listen({
    addresses: ["127.0.0.1"],
    port: 0,
    certificate: await host.authority.issue({ dns: ["localhost"], ip: [] }),
    socketPath: () => `${host.dir}/none`,
    allows: () => true,
    findRole: () => new Promise(() => {}),
    checkToken: async () => {},
    authenticationTimeoutSeconds: 0.3,
  });
  try {
    const steps: Buffer[] = [Buffer.alloc(0), Buffer.from([0, 0]), SSL_REQUEST];
    for (const bytes of steps) {
      const socket = await plain(gateway.port);
      socket.resume();
      const closed = once(socket, "close");
      socket.write(bytes);
      await closed;
    }
    const tls = await direct(["postgresql"], {}, gateway.port);
    const closed = once(tls, "close");
    tls.write(startup({ user: "app" }));
    await answer(tls, /^R/);
    tls.write(passwordMessage("x.y.z"));
    tls.resume();
    await closed;
  } finally {
    await gateway.close();
  }
});

test("tells a client that PostgreSQL is not there yet", async () => {
  const gateway = await Gateway.listen({
    addresses: ["127.0.0.1"],
    port: 0,
    certificate: await host.authority.issue({ dns: ["localhost"], ip: [] }),
    socketPath: () => `${host.dir}/none`,
    allows: () => true,
    findRole: async () => undefined,
    checkToken: async () => {},
  });
  try {
    const tls = await direct(["postgresql"], {}, gateway.port);
    tls.write(startup({ user: "app" }));
    await answer(tls, /^R/);
    tls.write(passwordMessage("x.y.z"));
    assert.match(await answer(tls, /^.*\0\0$/s), /^E.*C57P03\0/s);
  } finally {
    await gateway.close();
  }
});

test("listens on loopback only, and says when a port is taken", async () => {
  const options = {
    certificate: await host.authority.issue({ dns: ["localhost"], ip: [] }),
    socketPath: () => "",
    allows: () => true,
    findRole: async () => undefined,
    checkToken: async () => {},
  };
  await assert.rejects(Gateway.listen({ ...options, addresses: ["0.0.0.0"], port: 0 }), /loopback only/);
  await assert.rejects(Gateway.listen({ ...options, addresses: ["127.0.0.1"], port: host.server.port }), /is taken/);
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

const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

async function plain(port = host.server.port): Promise<Socket> {
  const socket = connectSocket(port, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

async function direct(
  protocols: string[] | undefined,
  options: object = {},
  port = host.server.port,
): Promise<TLSSocket> {
  const tls = connectTls({
    host: "127.0.0.1",
    port,
    servername: "localhost",
    ca: host.authority.certificatePem,
    ...(protocols ? { ALPNProtocols: protocols } : {}),
    ...options,
  });
  await once(tls, "secureConnect");
  tls.on("error", () => {});
  return tls;
}

/** What the other side sent up to the text looked for. Fails when it hangs up before. */
async function answer(socket: Socket, wanted: RegExp): Promise<string> {
  let text = "";
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    text += (chunk as Buffer).toString("latin1");
    if (wanted.test(text)) return text;
  }
  assert.fail(`the connection ended with ${JSON.stringify(text)}`);
}

/** ReadyForQuery outside a transaction, at the end of what was read. */
const READY = /Z\0{3}.I$/s;

/** Logs in by hand over a connection of the test's own. */
async function login(socket?: Socket): Promise<TLSSocket> {
  const tls = await direct(["postgresql"], socket ? { socket } : {});
  tls.write(startup({ user: "app", database: "postgres" }));
  await answer(tls, /^R/);
  tls.write(passwordMessage(await host.token(app)));
  await answer(tls, READY);
  return tls;
}

async function backendOf(tls: TLSSocket): Promise<string> {
  tls.write(queryMessage("SELECT 'pid=' || pg_backend_pid()"));
  return /pid=(\d+)/.exec(await answer(tls, READY))?.[1] ?? "";
}

function queryMessage(sql: string): Buffer {
  const body = Buffer.from(`${sql}\0`);
  const head = Buffer.alloc(5);
  head.write("Q");
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

function startup(parameters: Record<string, string>): Buffer {
  const strings = Object.entries(parameters).map(([name, value]) => `${name}\0${value}\0`);
  const body = Buffer.from(`${strings.join("")}\0`);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(body.length + 8);
  head.writeUInt32BE(196_608, 4);
  return Buffer.concat([head, body]);
}

function passwordMessage(password: string): Buffer {
  const body = Buffer.from(`${password}\0`);
  const head = Buffer.alloc(5);
  head.write("p");
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

async function untilRunning(pid: number): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const sql = `SELECT FROM pg_stat_activity WHERE pid = ${pid} AND wait_event = 'PgSleep'`;
    if ((await host.query("admin", host.admin, sql)).length > 0) return;
    assert.ok(Date.now() < deadline, "the query is not running");
    await delay(10);
  }
}

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
