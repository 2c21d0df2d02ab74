import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { findSecrets } from "../harness/leakScan.ts";
import { type ClientCommand, ClientContext, type ClientRun } from "./clientContext.ts";

/** A client explains the usual refusals and names the next step. It prints neither a stack trace nor a token. */
export async function explainsRefusals(client: ClientCommand): Promise<void> {
  const context = await ClientContext.open(86_400);
  const { server } = context;
  const mute = createServer((socket) => socket.resume()).listen(0, "127.0.0.1");
  const explained = ({ exitCode, output }: ClientRun, remedy: RegExp) => {
    assert.notEqual(exitCode, 0, output);
    assert.match(output, remedy);
    assert.doesNotMatch(output, /^\s+at .*:\d+|Traceback|Exception in thread/m);
    assert.deepEqual(findSecrets(output, server.tokens), []);
    return output;
  };
  const refused = async (env: NodeJS.ProcessEnv, remedy: RegExp) => explained(await context.run(client, env), remedy);
  try {
    await once(mute, "listening");
    // A server that never answers takes the longest, so the others are tried meanwhile.
    const silence = context.run(client, { PGHOST: "127.0.0.1", PGPORT: portOf(mute) });
    const { exitCode, output } = await context.run(client);
    assert.equal(exitCode, 0, output);
    assert.match(
      output,
      /Getting access token[\s\S]*Opening connection[\s\S]*Connected!\nPostgres version: PostgreSQL 18/,
    );

    // The client's settings.
    await refused({ PGHOST: "", PGUSER: "" }, /PGHOST, PGUSER[\s\S]*pulumi stack output connections/);
    await refused({ PGUSER: "Client-VM" }, /next: .*PGUSER/);
    await refused({ PGDATABASE: "nowhere" }, /next: .*PGDATABASE/);
    const serve: ClientCommand = { ...client, command: [...client.command, "serve"] };
    const ended = explained(await context.run(serve, { PGDATABASE: "nowhere" }), /next: .*PGDATABASE/);
    assert.doesNotMatch(ended, /serving|waiting/, "the client waits for a refusal that is permanent");
    await refused({ PGHOST: "nowhere.invalid" }, /next: .*PGHOST/);
    await refused({ PGSSLROOTCERT: "/etc/ssl/certs/ca-certificates.crt" }, /next: .*PGSSLROOTCERT/);
    await refused({ PGPORT: await closedPort() }, /next: .*PGPORT/);
    const without = await refused(
      { AZURE_CLIENT_ID: "00000000-0000-0000-0000-000000000000" },
      /next: .*AZURE_CLIENT_ID/,
    );
    assert.doesNotMatch(without, /Opening connection/, "the client connects without a token");
    const government = "https://ossrdbms-aad.database.usgovcloudapi.net";
    assert.deepEqual(await resourcesAsked(context, client, government), [government]);

    // The token.
    server.issuer.override = { exp: Math.floor(Date.now() / 1000) - 60 };
    await refused({}, /has expired[\s\S]*next: .*fetch one for each new connection/);
    server.issuer.override = { aud: "https://management.azure.com" };
    await refused({}, /valid audience claim[\s\S]*next: .*POSTGRES_TOKEN_RESOURCE/);
    server.issuer.override = { idtyp: "user" };
    await refused({}, /AAD_AUTH_TOKENTYPE_APP_USER tokens[\s\S]*next: .*another type/);
    server.issuer.override = {};
    await server.server.asService(
      `UPDATE pg_shseclabel SET label = replace(label, 'type=service', 'type=user') WHERE objoid = '"client-vm"'::regrole`,
    );
    await refused({}, /is neither an AAD_AUTH_TOKENTYPE_APP_USER[\s\S]*next: .*another type/);
    await context.bindRole(context.identity);

    // The server.
    server.server.setFirewallRules([]);
    await refused({}, /no pg_hba.conf entry[\s\S]*next: .*allowedAddresses/);
    server.server.setFirewallRules(undefined);
    await server.server.asService('ALTER ROLE "client-vm" CONNECTION LIMIT 0');
    await refused({}, /too many connections[\s\S]*next: .*POOL_SIZE/);
    await server.server.asService('ALTER ROLE "client-vm" CONNECTION LIMIT -1');
    await context.administer("REVOKE CONNECT ON DATABASE app FROM PUBLIC", "app");
    await refused({}, /permission denied[\s\S]*next: .*profile/);
    context.identity = context.renewIdentity();
    await refused({}, /oid mismatch[\s\S]*next: .*pulumi up --refresh/);

    explained(await silence, /next: .*allowedAddresses/);
    assert.ok(context.refusals.length >= 6, `too few refusals in the server's log: ${context.refusals}`);
  } finally {
    mute.close();
    await context.close();
  }
}

/** The resources that a client asks a metadata service for, which refuses it every token. */
async function resourcesAsked(context: ClientContext, client: ClientCommand, resource: string): Promise<string[]> {
  const asked = new Set<string>();
  const metadata = createHttpServer((request, response) => {
    const { searchParams } = new URL(request.url ?? "/", "http://localhost");
    const named = searchParams.get("resource");
    if (named !== null) asked.add(named);
    response.writeHead(400, { "Content-Type": "application/json" }).end('{"error": "invalid_resource"}');
  }).listen(0, "127.0.0.1");
  await once(metadata, "listening");
  const { port } = metadata.address() as AddressInfo;
  try {
    const env = { AZURE_POD_IDENTITY_AUTHORITY_HOST: `http://127.0.0.1:${port}`, POSTGRES_TOKEN_RESOURCE: resource };
    const { exitCode, output } = await context.run(client, env);
    assert.notEqual(exitCode, 0, output);
    return [...asked];
  } finally {
    metadata.close();
  }
}

/** A port on which nothing listens. */
async function closedPort(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const port = portOf(server);
  server.close();
  return port;
}

function portOf(server: ReturnType<typeof createServer>): string {
  return String((server.address() as AddressInfo).port);
}
