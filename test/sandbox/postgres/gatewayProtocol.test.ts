import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type ConnectionOptions, DEFAULT_MIN_VERSION } from "node:tls";
import type pg from "pg";
import { Gateway, type GatewayOptions } from "../../../sandbox/postgres/gateway.ts";
import { RawClient, READY, SSL_REQUEST, startupMessage } from "../../harness/rawClient.ts";
import { TestServer } from "../../harness/testServer.ts";

const GSS_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 48]);

const host = await TestServer.open();
after(async () => await host.close());
const app = host.directory.add({ displayName: "app", type: "service" });
const asAdmin = (sql: string) => host.query("admin", host.admin, sql);
await asAdmin("SELECT pgaadauth_create_principal('app', false, false)");

const plain = () => RawClient.plain(host.server.port);
const login = async (socket?: RawClient) => await RawClient.login(host, "app", await host.token(app), socket?.socket);

/** Asks the server until it answers as wanted. */
async function eventually(sql: string, holds: (rows: number) => boolean): Promise<void> {
  while (!holds((await asAdmin(sql)).length)) await delay(10);
}

test("clients can start with TLS, or ask for GSSAPI and TLS first", async () => {
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

test("a request for TLS or GSSAPI inside TLS that was asked for is refused", async () => {
  for (const request of [SSL_REQUEST, GSS_REQUEST]) {
    const client = await plain();
    client.write(SSL_REQUEST);
    await client.read(/S/);
    const inside = await RawClient.direct(host, { socket: client.socket });
    inside.write(request);
    assert.match(await inside.error(), /C0A000\0Munsupported frontend protocol 1234\.56/);
  }
});

test("a client that asks for more of the protocol is told what there is, and logs in", async () => {
  const client = await RawClient.direct(host);
  client.write(startupMessage({ user: "app", database: "postgres", "_pq_.shorter": "1" }, 9));
  const expected = ["v", [0, 0, 0, 25], [0, 3, 0, 2], [0, 0, 0, 1], "_pq_.shorter\0"].map((part) =>
    Buffer.from(part as string),
  );
  const asked = Buffer.from(await client.read(/^v.{25}R.{8}$/s), "latin1");
  assert.deepEqual(asked.subarray(0, 26), Buffer.concat(expected));
  client.password(await host.token(app));
  // PostgreSQL itself was not asked for more.
  assert.match(await client.read(READY), /^R/);
  client.socket.destroy();
});

test("SHOW ssl says on", async () => {
  assert.deepEqual(await asAdmin("SHOW ssl"), [{ ssl: "on" }]);
});

test("cancel requests reach PostgreSQL, with and without TLS", async () => {
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

interface Refused {
  /** The client does not start TLS. */
  plain?: boolean;
  options?: ConnectionOptions;
  /** What the client sends, and the answers for which it waits. */
  steps: (Buffer | RegExp)[];
  /** @default the connection is closed without an answer */
  message?: RegExp;
}

describe("the gateway refuses", () => {
  const startup = startupMessage({ user: "app", database: "postgres" });
  const malformed = /C08P01\0/;
  const ofProtocol = (major: number) => {
    const message = Buffer.from(startup);
    message.writeUInt32BE(major << 16, 4);
    return message;
  };
  const notUtf8 = startupMessage({ user: "a__" });
  notUtf8.fill(0xff, notUtf8.indexOf("__"), notUtf8.indexOf("__") + 2);
  const tooLong = Buffer.from([0x70, 0, 1 << 4, 0, 0]);
  const users: [string, string][] = [
    ["user", "app"],
    ["user", "azuresu"],
  ];
  const cases: Record<string, Refused> = {
    "a client without TLS, before a password": {
      plain: true,
      steps: [startup],
      message:
        /^E.*C28000\0Mno pg_hba\.conf entry for host "127\.0\.0\.1", user "app", database "postgres", no encryption\0/s,
    },
    "a replication connection": {
      steps: [startupMessage({ user: "app", replication: "database" })],
      message: /C28000\0Mno pg_hba\.conf entry for replication connection/,
    },
    "two users": { steps: [startupMessage(users)], message: /C08P01\0.*given twice/ },
    "no user": { steps: [startupMessage({ database: "postgres" })], message: /C28000\0Mno PostgreSQL user name/ },
    "no user, before it asks for TLS": {
      plain: true,
      steps: [startupMessage({ database: "postgres" })],
      message: /C28000\0Mno PostgreSQL user name/,
    },
    "protocol 2": {
      steps: [ofProtocol(2)],
      message: /C0A000\0Munsupported frontend protocol 2\.0: server supports 3\.0 to 3\.2/,
    },
    "protocol 4": {
      steps: [ofProtocol(4)],
      message: /C0A000\0Munsupported frontend protocol 4\.0: server supports 3\.0 to 3\.2/,
    },
    "a startup message without its end": {
      steps: [Buffer.concat([startup.subarray(0, -1), Buffer.from("x")])],
      message: /invalid startup packet layout/,
    },
    "a name that is not UTF-8": { steps: [notUtf8], message: /C08P01\0.*not UTF-8/ },
    "a web request": { plain: true, steps: [Buffer.from("GET / HTTP/1.1\r\n\r\n")] },
    "a packet of length 0": { plain: true, steps: [Buffer.alloc(8)] },
    "a packet of the greatest length": { plain: true, steps: [Buffer.alloc(8, 0xff)] },
    "a query in place of a password": { steps: [startup, /^R/, Buffer.from("Q\0\0\0\x06x\0")], message: malformed },
    "a password without its end": { steps: [startup, /^R/, Buffer.from("p\0\0\0\x06xx")], message: malformed },
    "a password that is too long": { steps: [startup, /^R/, tooLong] },
    "an empty password message": { steps: [startup, /^R/, Buffer.from("p\0\0\0\x04")], message: malformed },
    "a second request for GSSAPI": {
      plain: true,
      steps: [GSS_REQUEST, /^N/, GSS_REQUEST],
      message: /C0A000\0Munsupported frontend protocol 1234\.5680/,
    },
    "a second request for TLS, inside TLS": {
      steps: [SSL_REQUEST, /^N/, SSL_REQUEST],
      message: /C0A000\0Munsupported frontend protocol 1234\.5679/,
    },
    "bytes after the request for TLS": {
      plain: true,
      steps: [Buffer.concat([SSL_REQUEST, startup])],
      message: /received unencrypted data after SSL request/,
    },
    "direct TLS without ALPN": { options: { ALPNProtocols: [] }, steps: [] },
  };
  for (const [what, { plain: isPlain = false, options = {}, steps, message }] of Object.entries(cases)) {
    test(`${what}, with one line in the log`, async () => {
      const lines = host.lines.length;
      const client = isPlain ? await plain() : await RawClient.direct(host, options);
      for (const step of steps) {
        if (step instanceof RegExp) await client.read(step);
        else client.write(step);
      }
      if (message) assert.match(await client.error(), message);
      else assert.equal(await client.rest(), "");
      assert.equal(host.lines.length, lines + 1, host.lines.slice(lines).join("\n"));
    });
  }

  test("direct TLS for another protocol", async () => {
    const web = RawClient.direct(host, { ALPNProtocols: ["http/1.1"] });
    await assert.rejects(web, /no application protocol|disconnected/);
  });
});

test("TLS 1.2 and 1.3 are accepted, older versions are not", async () => {
  assert.equal(DEFAULT_MIN_VERSION, "TLSv1.2");
  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    const client = await RawClient.direct(host, { minVersion: version, maxVersion: version });
    assert.equal(client.protocol, version);
    client.socket.destroy();
  }
  const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT:@SECLEVEL=0" } as const;
  await assert.rejects(RawClient.direct(host, old), /protocol version|ECONNRESET|disconnected/);
});

test("PostgreSQL's session ends with the client's connection, also after a reset", async () => {
  for (const leave of ["destroy", "resetAndDestroy"] as const) {
    const below = await plain();
    const pid = await (await login(below)).backend();
    below.socket[leave]();
    await eventually(`SELECT FROM pg_stat_activity WHERE pid = ${pid}`, (n) => n === 0);
  }
});

test("PostgreSQL waits for a client that does not read, which then gets everything", async () => {
  const size = 8 << 20;
  const client = await login();
  const pid = await client.backend();
  client.query(`SELECT repeat('x', ${size})`);
  client.write(Buffer.from([0x58, 0, 0, 0, 4]));
  await eventually(`SELECT FROM pg_stat_activity WHERE pid = ${pid} AND wait_event = 'ClientWrite'`, (n) => n === 1);
  assert.equal((await client.read(/SELECT 1\0/)).length > size, true);
});

describe("a gateway", () => {
  async function listening(options: Partial<GatewayOptions>, use: (port: number) => Promise<void>): Promise<void> {
    const gateway = await Gateway.listen({
      addresses: ["127.0.0.1"],
      port: 0,
      certificate: await host.authority.issue({ dns: ["localhost"], ip: [] }),
      socketPath: () => `${host.dir}/none`,
      allows: () => true,
      findRole: async () => undefined,
      checkToken: async () => {},
      latestMinor: 2,
      ...options,
    });
    try {
      await use(gateway.port);
    } finally {
      await gateway.close();
    }
  }

  test("limits the time of a login at each step", async () => {
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

  test("answers 57P03 while PostgreSQL does not run", async () => {
    await listening({}, async (port) => {
      const client = await RawClient.direct(host, { port });
      client.startup({ user: "app" });
      await client.read(/^R/);
      client.password("x.y.z");
      assert.match(await client.error(), /C57P03\0/);
    });
  });

  test("ends connections without a login when it closes", async () => {
    let client: RawClient | undefined;
    await listening({}, async (port) => {
      client = await RawClient.plain(port);
    });
    await client?.closed();
  });

  test("listens on loopback only, and names a taken port", async () => {
    const unused = async () => assert.fail("it listens");
    await assert.rejects(listening({ addresses: ["0.0.0.0"] }, unused), /loopback only/);
    await assert.rejects(listening({ port: host.server.port }, unused), /EP-SANDBOX-03/);
  });
});
