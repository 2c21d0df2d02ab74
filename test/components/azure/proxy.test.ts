import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer as createHttpServer, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { Imds } from "../../../sandbox/entra/imds.ts";
import { TestServer } from "../../harness/testServer.ts";

// A network without a way out but its proxy: names resolve nowhere else, and the proxy leads to the one server that answers for them.
let context: TestServer;
let imds: Imds;
let azure: Server;
let proxy: Server;
const asked: string[] = [];
const tunnels: { to: string; headers: string }[] = [];

before(async () => {
  context = await TestServer.open();
  imds = await Imds.start({
    issuer: context.issuer,
    identities: () => [{ principal: context.admin, kind: "user" }],
  });
  const { certPem, keyPem } = await context.authority.issue({ dns: ["management.test", "oidc.test"], ip: [] });
  azure = createHttpsServer({ cert: certPem, key: keyPem }, (request, response) => {
    asked.push(`${request.method} https://${request.headers.host}${request.url}`);
    response.end(JSON.stringify(request.headers.host === "oidc.test" ? { value: "a.b.c" } : { name: "db" }));
  });
  proxy = createHttpServer().on("connect", (request, socket) => {
    tunnels.push({ to: request.url ?? "", headers: JSON.stringify(request.headers) });
    const there = connect(portOf(azure), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      socket.pipe(there).pipe(socket);
    });
    there.on("error", () => socket.destroy());
    socket.on("error", () => there.destroy());
  });
  for (const server of [azure, proxy]) await once(server.listen(0, "127.0.0.1"), "listening");
});
after(async () => {
  for (const server of [azure, proxy]) server?.close();
  azure?.closeAllConnections();
  await imds?.close();
  await context?.close();
});

/** Runs a module's text in a process of its own, because Node.js reads NODE_EXTRA_CA_CERTS once, when it starts. */
async function run(script: string, env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    cwd: join(import.meta.dirname, "../../.."),
    env: {
      PATH: process.env.PATH,
      NODE_EXTRA_CA_CERTS: join(context.dir, "ca.pem"),
      NO_PROXY: "127.0.0.1,localhost",
      ...env,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [output] = await Promise.all([text(child.stdout), once(child, "close")]);
  return output;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

test("Azure Resource Manager is reached by the proxy, which does not see the token", async () => {
  const script = `
    import { askAzure } from "./components/azure/resourceManager.ts";
    const answer = await askAzure("/subscriptions/s?api-version=1", AbortSignal.timeout(60_000));
    console.log(answer.status, answer.body.name);`;
  const output = await run(script, {
    HTTPS_PROXY: `http://127.0.0.1:${portOf(proxy)}`,
    ARM_ENDPOINT: "https://management.test",
    AZURE_POD_IDENTITY_AUTHORITY_HOST: imds.url,
    AZURE_CLIENT_ID: context.admin.clientId,
    AZURE_TOKEN_CREDENTIALS: "ManagedIdentityCredential",
  });
  assert.equal(output, "200 db\n");
  assert.deepEqual(asked, ["GET https://management.test/subscriptions/s?api-version=1"]);
  assert.deepEqual(
    tunnels.map(({ to }) => to),
    ["management.test:443"],
  );
  assert.ok(!context.tokens.some((token) => tunnels[0]?.headers.includes(token)));
});

test("a CI system's OIDC endpoint is reached by the proxy", async () => {
  const script = `
    import { oidcAssertion } from "./components/azure/oidcAssertion.ts";
    console.log(await oidcAssertion(process.env));`;
  const output = await run(script, {
    https_proxy: `http://127.0.0.1:${portOf(proxy)}`,
    ACTIONS_ID_TOKEN_REQUEST_URL: "https://oidc.test/token",
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: "bearer",
  });
  assert.equal(output, "a.b.c\n");
  assert.equal(tunnels.at(-1)?.to, "oidc.test:443");
  assert.ok(!tunnels.at(-1)?.headers.includes("bearer"));
});
