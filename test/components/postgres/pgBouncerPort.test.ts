import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { after, before, test } from "node:test";
import { TLSSocket } from "node:tls";
import { withAdminSession } from "../../../components/postgres/adminSession.ts";
import { Deadline } from "../../../components/postgres/deadline.ts";
import { Failure } from "../../../components/postgres/failure.ts";
import { logInAsAdministrator } from "../../harness/administratorLogin.ts";
import { TestServer } from "../../harness/testServer.ts";

// A stub of PgBouncer: it agrees on TLS, and refuses a startup message with a parameter that it does not track.
let context: TestServer;
let logOut: (() => Promise<void>) | undefined;
let bouncer: Server;
const startups: string[] = [];

before(async () => {
  context = await TestServer.open();
  logOut = await logInAsAdministrator(context);
  const { certPem: cert, keyPem: key } = await context.authority.issue({ dns: ["localhost"], ip: [] });
  bouncer = createServer((socket) => {
    socket.once("data", () => {
      socket.write("S");
      const secure = new TLSSocket(socket, { isServer: true, cert, key });
      secure.on("error", () => {});
      secure.once("data", (startup) => {
        startups.push(startup.toString("latin1"));
        secure.end(refusal("unsupported startup parameter: statement_timeout"));
      });
    });
    socket.on("error", () => {});
  });
  await once(bouncer.listen(0, "127.0.0.1"), "listening");
});
after(async () => {
  bouncer?.close();
  await logOut?.();
  await context?.close();
});

/** An ErrorResponse as PgBouncer sends it. */
function refusal(message: string): Buffer {
  const body = Buffer.from(["SFATAL", "C08P01", `M${message}`, "\0"].join("\0"), "utf8");
  const head = Buffer.alloc(5);
  head.write("E");
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

test("an administrator on PgBouncer's port is told to use the server's own", async () => {
  const { port } = bouncer.address() as AddressInfo;
  const login = {
    ...{ host: "localhost", port, database: "postgres", adminUser: "admin" },
    caCert: context.authority.certificatePem,
  };
  const failure = await withAdminSession(login, new Deadline(30), async () => {}).then(
    () => assert.fail("it logged in"),
    (error: unknown) => error,
  );
  assert.ok(failure instanceof Failure);
  assert.equal(failure.errorCode, "EP-LOGIN-06");
  assert.match(startups.join(), /statement_timeout/);
  assert.ok(!context.tokens.some((token) => startups.join().includes(token)));
});
