import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { connect } from "node:net";
import { after, afterEach, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { CertificateAuthority } from "../../sandbox/postgres/certificates.ts";
import { RawClient, SSL_REQUEST, startupMessage } from "../harness/rawClient.ts";
import { TestServer, temporaryDirectory } from "../harness/testServer.ts";
import { Cutter } from "./cutter.ts";
import type { Action, SeenMessage } from "./cutting.ts";
import { MessageReader } from "./protocolMessages.ts";

const NAME = "through-the-cutter";
const SYNC = Buffer.from([0x53, 0, 0, 0, 4]);
const BEFORE_TLS = ["> connect", "> SSLRequest", "< S", "< TLS"];
/** For tests that wait for bytes and would wait forever. */
const LIMIT = { timeout: 300_000 };
const LOGIN = ["> StartupMessage", "< Authentication request", "> PasswordMessage", "< Authentication ok"];

let server: TestServer;
let cutter: Cutter;
const clients: pg.Client[] = [];

before(async () => {
  server = await TestServer.open();
  cutter = await Cutter.start({ targetPort: server.server.port, authority: server.authority });
  await sql("CREATE TABLE rows (n int)");
});
after(async () => {
  await cutter?.close();
  await server?.close();
});
afterEach(async () => {
  cutter.reset();
  await Promise.all(clients.splice(0).map((client) => client.end().catch(() => {})));
  await until(async () => (await sessions()) === 0);
  await sql("TRUNCATE rows");
});

/** Runs a statement past the cutter. */
function sql(text: string): Promise<Record<string, unknown>[]> {
  return server.query("admin", server.admin, text);
}

async function sessions(): Promise<number> {
  return (await sql(`SELECT FROM pg_stat_activity WHERE application_name = '${NAME}'`)).length;
}

async function committed(): Promise<number> {
  return (await sql("SELECT FROM rows")).length;
}

/** Polls until the condition holds. @throws AssertionError after five minutes */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 300_000; performance.now() < end; await sleep(20)) {
    if (await holds()) {
      return;
    }
  }
  assert.fail(`it never came to pass: ${holds}`);
}

/** Logs in through the cutter. */
async function login(config: pg.ClientConfig = {}): Promise<pg.Client> {
  const client = new pg.Client({
    host: "127.0.0.1",
    port: cutter.port,
    user: "admin",
    password: await server.token(server.admin),
    database: "postgres",
    application_name: NAME,
    ssl: { ca: server.authority.certificatePem, rejectUnauthorized: true, servername: "localhost" },
    ...config,
  });
  client.on("error", () => {});
  clients.push(client);
  await client.connect();
  return client;
}

async function transaction(client: pg.Client): Promise<void> {
  await client.query("BEGIN");
  await client.query("INSERT INTO rows SELECT $1::int", [1]);
  await client.query("COMMIT");
}

/** Logs in, writes a row and leaves. */
async function run(): Promise<void> {
  const client = await login();
  await transaction(client);
  await client.end();
}

/** What was seen in one direction or both, a line each. */
function lines(direction?: SeenMessage["direction"]): string[] {
  return cutter.seen
    .filter((message) => !direction || message.direction === direction)
    .map(({ direction, type, text }) => [direction === "toServer" ? ">" : "<", type, text].filter(Boolean).join(" "));
}

const isCommit = ({ type, text }: SeenMessage) => type === "Query" && text === "COMMIT";
const isReplyToCommit = ({ type, text }: SeenMessage) => type === "CommandComplete" && text === "COMMIT";
const isType = (type: string) => (message: SeenMessage) => message.type === type;

function cutAt(matches: (message: SeenMessage) => boolean, action: Action): void {
  cutter.cuts = [{ matches, action }];
}

test("a run is seen message by message, in order, and is the same each time", async () => {
  await run();
  const toServer = lines("toServer");
  const toClient = lines("toClient").filter((line) => !line.startsWith("< ParameterStatus"));
  assert.deepEqual(
    toServer,
    [
      "connect",
      "SSLRequest",
      "StartupMessage",
      "PasswordMessage",
      "Query BEGIN",
      "Parse INSERT INTO rows SELECT $1::int",
      "Bind",
      "Describe",
      "Execute",
      "Sync",
      "Query COMMIT",
      "Terminate",
    ].map((line) => `> ${line}`),
  );
  assert.deepEqual(
    toClient,
    [
      "S",
      "TLS",
      "Authentication request",
      "Authentication ok",
      "BackendKeyData",
      "ReadyForQuery",
      "CommandComplete BEGIN",
      "ReadyForQuery",
      "ParseComplete",
      "BindComplete",
      "NoData",
      "CommandComplete INSERT 0 1",
      "ReadyForQuery",
      "CommandComplete COMMIT",
      "ReadyForQuery",
    ].map((line) => `< ${line}`),
  );
  assert.deepEqual(lines().slice(0, 8), [...BEFORE_TLS, ...LOGIN]);
  assert.deepEqual([cutter.connections, cutter.passwords], [1, 1]);
  const first = [...cutter.seen];
  for (const direction of ["toServer", "toClient"]) {
    const ordinals = first.filter((message) => message.direction === direction).map(({ ordinal }) => ordinal);
    assert.deepEqual(ordinals, [...ordinals.keys()]);
  }
  cutter.reset();
  await run();
  assert.deepEqual(cutter.seen, first);
  await run();
  assert.deepEqual(
    cutter.seen.slice(first.length),
    first.map((message) => ({ ...message, connection: 1 })),
  );
});

test("no token is in what was seen", async () => {
  await run();
  const seen = JSON.stringify(cutter.seen);
  assert.ok(server.tokens.length > 0);
  for (const part of server.tokens.flatMap((token) => [token, ...token.split(".")])) {
    assert.ok(!seen.includes(part));
  }
});

test("a reset in place of COMMIT leaves nothing", async () => {
  cutAt(isCommit, "reset");
  const client = await login();
  await assert.rejects(transaction(client), { code: "ECONNRESET" });
  await until(async () => (await sessions()) === 0);
  assert.equal(await committed(), 0);
  assert.equal(lines().at(-1), "> Query COMMIT");
});

for (const [what, matches, action] of [
  ["a reset right after COMMIT was passed on", isCommit, { pass: "reset" }],
  ["a reset in place of the reply to COMMIT", isReplyToCommit, "reset"],
] as const) {
  test(`${what} leaves what was committed, and a client that cannot know`, async () => {
    for (let times = 1; times <= 20; times += 1) {
      cutAt(matches, action);
      const client = await login();
      await assert.rejects(transaction(client), { code: "ECONNRESET" });
      await until(async () => (await sessions()) === 0);
      assert.equal(await committed(), times);
    }
  });
}

test("what was passed on before a cut arrives, from the same packet too", async () => {
  cutAt(isType("Execute"), "reset");
  const client = await login();
  await assert.rejects(client.query("SELECT $1::int", [1]), { code: "ECONNRESET" });
  assert.deepEqual(lines().slice(-4), ["> Parse SELECT $1::int", "> Bind", "> Describe", "> Execute"]);
  cutter.reset();
  const notices: string[] = [];
  cutAt(({ type, text }) => type === "ErrorResponse" && text === "22012", { pass: "reset" });
  const failing = await login();
  failing.on("notice", ({ message }) => notices.push(message ?? ""));
  // The error itself came, and so did the notice before it, all in one answer.
  await assert.rejects(failing.query("DO $$ BEGIN RAISE NOTICE 'came'; PERFORM 1 / 0; END $$"), {
    code: "22012",
  });
  assert.deepEqual(notices, ["came"]);
});

test("a close ends the connection without a reset", async () => {
  for (const type of ["Query", "SSLRequest", "S"]) {
    cutter.reset();
    cutAt(isType(type), "close");
    await assert.rejects(login().then(transaction), (error: NodeJS.ErrnoException) => {
      assert.notEqual(error.code, "ECONNRESET", type);
      return /Connection terminated unexpectedly|disconnected before secure TLS|server does not support/.test(
        error.message,
      );
    });
  }
});

/** Requires that work stalls at this message. `failed` resolves when the work fails, once its connection ends. */
async function stalls(
  matches: (message: SeenMessage) => boolean,
  work: () => Promise<unknown>,
): Promise<{ failed: Promise<void> }> {
  const stalled = Promise.withResolvers<string>();
  cutter.cuts = [{ matches, action: "stall", onCut: () => stalled.resolve("stalled") }];
  const ended = work().then(
    () => "answered",
    () => "failed",
  );
  assert.equal(await Promise.race([stalled.promise, ended]), "stalled");
  assert.equal(await Promise.race([sleep(100, "still stalled"), ended]), "still stalled");
  return { failed: ended.then((how) => assert.equal(how, "failed")) };
}

test("a stall during the login lasts until the connection ends", LIMIT, async () => {
  for (const type of ["connect", "SSLRequest", "S", "TLS", "StartupMessage", "PasswordMessage"]) {
    cutter.reset();
    const { failed } = await stalls(isType(type), login);
    assert.match(lines().at(-1) ?? "", new RegExp(` ${type}$`));
    cutter.reset();
    await failed;
  }
});

test("a stall at COMMIT keeps the server's session open when the client leaves", LIMIT, async () => {
  const client = await login();
  const { failed } = await stalls(isCommit, () => transaction(client));
  // The cutter loses the end of the client's connection too.
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  await failed;
  const probe = await login();
  await probe.query("SELECT 1");
  assert.equal(await sessions(), 2);
  await probe.end();
  assert.equal(await sessions(), 1);
  assert.equal(await committed(), 0);
});

test("a delay passes everything on, late and in order", async () => {
  const delayed: string[] = [];
  cutter.cuts = [
    { matches: () => true, action: { delay: 5 }, times: 1000, onCut: ({ direction }) => delayed.push(direction) },
  ];
  await run();
  assert.equal(delayed.length, cutter.seen.length);
  const late = lines();
  cutter.reset();
  await run();
  assert.deepEqual(lines(), late);
  assert.equal(await committed(), 2);
});

test("a cut is made as often as it says", async () => {
  cutter.cuts = [{ matches: isType("connect"), action: "reset", times: 2 }];
  await assert.rejects(login(), { code: "ECONNRESET" });
  await assert.rejects(login(), { code: "ECONNRESET" });
  await run();
  assert.deepEqual([cutter.connections, cutter.passwords], [3, 1]);
});

test("after a reset nothing of an earlier connection is seen", async () => {
  const client = await login();
  cutter.cuts = [{ matches: isType("Parse"), action: { delay: 1 }, onCut: () => cutter.reset() }];
  // Bind and what follows it had come in the same packet.
  await assert.rejects(client.query("SELECT $1::int", [1]));
  await run();
  assert.deepEqual(lines().slice(0, 8), [...BEFORE_TLS, ...LOGIN]);
  assert.ok(cutter.seen.every(({ connection }) => connection === 0));
});

test("a port that resets, and one that never answers", async () => {
  cutter.mode = "refuse";
  await assert.rejects(login(), { code: "ECONNRESET" });
  cutter.mode = "drop";
  const unanswered = assert.rejects(login());
  await until(() => cutter.connections === 2);
  assert.deepEqual([cutter.passwords, cutter.seen.length], [0, 0]);
  cutter.reset();
  await unanswered;
});

test("a server without TLS gets a password only from a client that does not care", LIMIT, async () => {
  cutter.mode = "noTls";
  await assert.rejects(login(), /The server does not support SSL connections/);
  assert.equal(cutter.passwords, 0);
  const careless = await RawClient.plain(cutter.port);
  careless.write(SSL_REQUEST);
  await careless.read(/^N$/);
  careless.startup({ user: "admin", database: "postgres" });
  await careless.read(/^R/);
  careless.password("canary");
  await until(() => cutter.passwords === 1);
  assert.ok(!JSON.stringify(cutter.seen).includes("canary"));
});

test("an answer that is slipped in before TLS is not taken for the server's", async () => {
  cutter.mode = "inject";
  await assert.rejects(login({ connectionTimeoutMillis: 2000 }));
  assert.equal(cutter.passwords, 0);
});

test("a wrong certificate gets a password only from a client that does not verify", async () => {
  const names = { dns: ["localhost"], ip: ["127.0.0.1"] };
  const dir = temporaryDirectory();
  const stranger = await CertificateAuthority.open(dir);
  rmSync(dir, { recursive: true });
  for (const [certificate, code] of [
    [await stranger.issue(names), /UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED_CERT_IN_CHAIN/],
    [await server.authority.issue(names, { from: -10, to: -1 }), /CERT_HAS_EXPIRED/],
    [await server.authority.issue({ dns: ["other.example"], ip: [] }), /ERR_TLS_CERT_ALTNAME_INVALID/],
  ] as const) {
    cutter.reset();
    cutter.certificate = certificate;
    await assert.rejects(login(), (error: NodeJS.ErrnoException) => code.test(error.code ?? ""));
    assert.deepEqual([cutter.connections, cutter.passwords], [1, 0]);
    await (await login({ ssl: { rejectUnauthorized: false } })).end();
    assert.deepEqual([cutter.connections, cutter.passwords], [2, 1]);
  }
});

test("a cancel request goes through", LIMIT, async () => {
  const client = await login();
  const sleeping = assert.rejects(client.query("SELECT pg_sleep(60)"), { code: "57014" });
  await until(async () => (await sql(`SELECT FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'`)).length === 1);
  const { processID, secretKey } = client as unknown as { processID: number; secretKey: number };
  const request = Buffer.alloc(16);
  for (const [at, value] of [16, 80_877_102, processID, secretKey].entries()) {
    request.writeInt32BE(value, at * 4);
  }
  const canceller = await RawClient.direct(server, { port: cutter.port });
  canceller.write(request);
  await canceller.closed();
  await sleeping;
  assert.ok(lines().includes("> CancelRequest"));
});

test("a client that begins with TLS is understood", LIMIT, async () => {
  const client = await RawClient.direct(server, { port: cutter.port });
  client.startup({ user: "admin", database: "postgres" });
  await client.read(/^R/);
  client.password(await server.token(server.admin));
  await client.read(/Z\0{3}.I$/s);
  assert.deepEqual(lines().slice(0, 6), ["> connect", "< TLS", ...LOGIN]);
});

test("a client without TLS hears the server's refusal", LIMIT, async () => {
  const client = await RawClient.plain(cutter.port);
  client.startup({ user: "admin", database: "postgres" });
  assert.match(await client.error(), /no encryption/);
  assert.deepEqual(lines(), ["> connect", "> StartupMessage", "< ErrorResponse 28000"]);
});

test("a stream is cut into the same messages wherever its chunks end", () => {
  const startup = startupMessage({ user: "admin" });
  const bytes = Buffer.concat([
    startup,
    Buffer.from("p\0\0\0\x0asecret", "latin1"),
    SYNC,
    Buffer.from("Q\0\0\0\x06A\0"),
    SYNC,
  ]);
  const expected = ["StartupMessage", "PasswordMessage", "Sync", "Query A", "Sync"];
  for (let size = 1; size <= bytes.length; size += 1) {
    const reader = new MessageReader("toServer");
    const found: string[] = [];
    const raw: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += size) {
      for (const message of reader.read(bytes.subarray(at, at + size))) {
        found.push([message.type, message.text].filter(Boolean).join(" "));
        raw.push(message.raw);
      }
    }
    assert.deepEqual(found, expected);
    assert.deepEqual(Buffer.concat(raw), bytes);
  }
  for (const broken of [Buffer.alloc(8), Buffer.from([0, 0, 0, 7, 0, 3, 0, 0])]) {
    assert.throws(() => [...new MessageReader("toServer").read(broken)], /PostgreSQL's protocol has no message/);
  }
});

test("it listens on loopback only", async () => {
  const outside = connect({ port: cutter.port, host: "127.0.0.2" });
  await assert.rejects(new Promise((_, reject) => outside.once("error", reject)), { code: "ECONNREFUSED" });
});
