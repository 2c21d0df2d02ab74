import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { DEFAULT_MIN_VERSION } from "node:tls";
import type pg from "pg";
import type { Principal } from "../../../sandbox/entra/directory.ts";
import { Gateway, type GatewayOptions } from "../../../sandbox/postgres/gateway.ts";
import { RawClient, SSL_REQUEST, startupMessage } from "../../harness/rawClient.ts";
import { TestServer } from "../../harness/testServer.ts";

const GSS_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 48]);

let host: TestServer;
let app: Principal;
before(async () => {
  host = await TestServer.open();
  app = host.directory.add({ displayName: "app", type: "service" });
  await asAdmin("SELECT pgaadauth_create_principal('app', false, false)");
});
after(async () => await host.close());

const asAdmin = (sql: string) => host.query("admin", host.admin, sql);
const plain = () => RawClient.plain(host.server.port);
const login = async (socket?: RawClient) => await RawClient.login(host, "app", await host.token(app), socket?.socket);

/** Asks the server until it answers as wanted. */
async function eventually(sql: string, holds: (rows: number) => boolean): Promise<void> {
  while (!holds((await asAdmin(sql)).length)) await delay(10);
}

test("takes a client that starts with TLS, and one that asks for GSSAPI and TLS first", async () => {
  const direct = await login();
  assert.match(await direct.backend(), /^\d+$/);
  direct.socket.destroy();
  const asking = await plain();
  asking.write(GSS_REQUEST);
  assert.equal(await asking.read(/./), "N");
  asking.write(SSL_REQUEST);
  assert.equal(await asking.read(/./), "S");
  const inside = await login(asking);
  assert.match(await inside.backend(), /^\d+$/);
  inside.socket.destroy();
});

test("passes a cancel request on, in the clear and inside TLS", async () => {
  for (const encrypted of [false, true]) {
    const client = await host.connect("app", await host.token(app));
    const sleeping = client.query("SELECT pg_sleep(600)").catch((error: pg.DatabaseError) => error.code);
    const { processID, secretKey } = client as unknown as { processID: number; secretKey: number };
    await eventually(
      `SELECT FROM pg_stat_activity WHERE pid = ${processID} AND wait_event = 'PgSleep'`,
      (n) => n === 1,
    );
    const request = Buffer.alloc(16);
    request.writeUInt32BE(16, 0);
    request.writeUInt32BE(80_877_102, 4);
    request.writeInt32BE(processID, 8);
    request.writeInt32BE(secretKey, 12);
    const canceller = encrypted ? await RawClient.direct(host) : await plain();
    canceller.write(request);
    await canceller.closed();
    assert.equal(await sleeping, "57014");
    await client.end();
  }
});

describe("refuses", () => {
  let lines: number;
  beforeEach(() => {
    lines = host.lines.length;
  });
  const counted = (refusals: number) => assert.equal(host.lines.length, lines + refusals, host.lines.join("\n"));

  test("a client without TLS, and does not ask it for a password", async () => {
    const client = await plain();
    client.startup({ user: "app", database: "postgres" });
    assert.match(await client.error(), /^E.*C28000\0Mno pg_hba\.conf entry .* no encryption\0/s);
    counted(1);
  });

  test("a replication connection", async () => {
    const client = await RawClient.direct(host);
    client.startup({ user: "app", database: "postgres", replication: "database" });
    assert.match(await client.error(), /C28000\0Mno pg_hba\.conf entry for replication connection/);
    counted(1);
  });

  test("a startup message that names two users", async () => {
    const client = await RawClient.direct(host);
    const users: [string, string][] = [
      ["user", "app"],
      ["user", "azuresu"],
    ];
    client.write(startupMessage(users));
    assert.match(await client.error(), /C08P01\0.*given twice/);
    counted(1);
  });

  test("a startup message without a user, one of another protocol, and one that is cut off", async () => {
    const old = startupMessage({ user: "app" });
    old.writeUInt32BE(2 << 16, 4);
    const cut = Buffer.concat([startupMessage({ user: "app" }).subarray(0, -1), Buffer.from("x")]);
    const cases: [Buffer, RegExp][] = [
      [startupMessage({ database: "postgres" }), /no PostgreSQL user name/],
      [old, /unsupported frontend protocol 2\.0/],
      [cut, /invalid startup packet layout/],
    ];
    for (const [bytes, message] of cases) {
      const client = await RawClient.direct(host);
      client.write(bytes);
      assert.match(await client.error(), message);
    }
    counted(3);
  });

  test("a name that is not UTF-8: the one checked would not be the one that PostgreSQL sees", async () => {
    const bytes = startupMessage({ user: "a__" });
    bytes.fill(0xff, bytes.indexOf("__"), bytes.indexOf("__") + 2);
    const client = await RawClient.direct(host);
    client.write(bytes);
    assert.match(await client.error(), /C08P01\0.*not UTF-8/);
    counted(1);
  });

  test("bytes that are no packet of PostgreSQL", async () => {
    const web = Buffer.from("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    for (const bytes of [web, Buffer.alloc(8), Buffer.alloc(8, 0xff)]) {
      const client = await plain();
      client.write(bytes);
      assert.match(await client.error(), /C08P01\0/);
    }
    counted(3);
  });

  test("another message than a password, and a password that is too long", async () => {
    const tooLong = Buffer.alloc(5);
    tooLong.write("p");
    tooLong.writeUInt32BE(1 << 20, 1);
    for (const bytes of [Buffer.from("Q\0\0\0\x06x\0"), Buffer.from("p\0\0\0\x06xx"), tooLong]) {
      const client = await RawClient.direct(host);
      client.startup({ user: "app" });
      await client.read(/^R/);
      client.write(bytes);
      assert.match(await client.error(), /C08P01\0/);
    }
    counted(3);
  });

  test("request after request", async () => {
    const client = await plain();
    client.write(GSS_REQUEST);
    await client.read(/^N/);
    client.write(GSS_REQUEST);
    await client.read(/^N/);
    client.write(GSS_REQUEST);
    assert.match(await client.error(), /too many requests/);
    counted(1);
  });

  test("bytes that came with the request for TLS", async () => {
    const client = await plain();
    client.write(Buffer.concat([SSL_REQUEST, startupMessage({ user: "app" })]));
    assert.match(await client.error(), /received unencrypted data after SSL request/);
    counted(1);
  });

  test("TLS without asking that does not say what it speaks", async () => {
    const client = await RawClient.direct(host, { ALPNProtocols: [] });
    assert.match(await client.error(), /without ALPN/);
    counted(1);
  });

  test("TLS without asking that speaks something else", async () => {
    await assert.rejects(
      RawClient.direct(host, { ALPNProtocols: ["http/1.1"] }),
      /no application protocol|disconnected/,
    );
  });
});

test("speaks TLS 1.2 and 1.3, nothing older", async () => {
  assert.equal(DEFAULT_MIN_VERSION, "TLSv1.2");
  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    const client = await RawClient.direct(host, { minVersion: version, maxVersion: version });
    assert.equal(client.protocol, version);
    client.socket.destroy();
  }
  const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT:@SECLEVEL=0" } as const;
  await assert.rejects(RawClient.direct(host, old), /protocol version|ECONNRESET|disconnected/);
});

test("ends PostgreSQL's session when the client is gone, with a goodbye or without", async () => {
  for (const leave of ["destroy", "resetAndDestroy"] as const) {
    const below = await plain();
    const pid = await (await login(below)).backend();
    below.socket[leave]();
    await eventually(`SELECT FROM pg_stat_activity WHERE pid = ${pid}`, (n) => n === 0);
  }
});

test("holds PostgreSQL up for a client that does not read, and then gives it everything", async () => {
  const size = 8 << 20;
  const client = await login();
  const pid = await client.backend();
  client.query(`SELECT repeat('x', ${size})`);
  client.write(Buffer.from([0x58, 0, 0, 0, 4]));
  await eventually(`SELECT FROM pg_stat_activity WHERE pid = ${pid} AND wait_event = 'ClientWrite'`, (n) => n === 1);
  assert.equal((await client.read(/SELECT 1\0/)).length > size, true);
});

describe("a gateway of its own", () => {
  async function listening(options: Partial<GatewayOptions>, use: (port: number) => Promise<void>): Promise<void> {
    const gateway = await Gateway.listen({
      addresses: ["127.0.0.1"],
      port: 0,
      certificate: await host.authority.issue({ dns: ["localhost"], ip: [] }),
      socketPath: () => `${host.dir}/none`,
      allows: () => true,
      findRole: async () => undefined,
      checkToken: async () => {},
      ...options,
    });
    try {
      await use(gateway.port);
    } finally {
      await gateway.close();
    }
  }

  test("gives a client only so much time to log in, at each step", async () => {
    await listening({ authenticationTimeoutSeconds: 0.3, findRole: () => new Promise(() => {}) }, async (port) => {
      for (const bytes of [Buffer.alloc(0), Buffer.from([0, 0]), SSL_REQUEST]) {
        const client = await RawClient.plain(port);
        client.write(bytes);
        await client.closed();
      }
      const client = await RawClient.direct(host, { port });
      client.startup({ user: "app" });
      await client.read(/^R/);
      client.password("x.y.z");
      await client.closed();
    });
  });

  test("tells a client that PostgreSQL is not there yet", async () => {
    await listening({}, async (port) => {
      const client = await RawClient.direct(host, { port });
      client.startup({ user: "app" });
      await client.read(/^R/);
      client.password("x.y.z");
      assert.match(await client.error(), /C57P03\0/);
    });
  });

  test("ends connections that have not logged in when it closes", async () => {
    let client: RawClient | undefined;
    await listening({}, async (port) => {
      client = await RawClient.plain(port);
    });
    await client?.closed();
  });

  test("listens on loopback only, and says when a port is taken", async () => {
    const unused = async () => assert.fail("it listens");
    await assert.rejects(listening({ addresses: ["0.0.0.0"] }, unused), /loopback only/);
    await assert.rejects(listening({ port: host.server.port }, unused), /EP-SANDBOX-03/);
  });
});
