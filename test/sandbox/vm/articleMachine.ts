// Runs in a network namespace of its own, started by article.test.ts: 169.254.169.254 and the server's Azure name are
// this machine's here, so that the article's commands need no change. Prints what the commands print.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { Imds } from "../../../sandbox/entra/imds.ts";
import { TestServer } from "../../harness/testServer.ts";

const SERVER = "myserver.postgres.database.azure.com";

execFileSync("ip", ["link", "set", "lo", "up"]);
execFileSync("ip", ["address", "add", "169.254.169.254/32", "dev", "lo"]);
const services = await TestServer.open({ hostName: SERVER, port: 5432 });
const hosts = join(services.dir, "hosts");
writeFileSync(hosts, `127.0.0.1 localhost ${SERVER}\n`);
execFileSync("mount", ["--bind", hosts, "/etc/hosts"]);

try {
  const identity = services.directory.add({ displayName: "myVm", type: "service" });
  await services.server.createDatabase("app");
  const imds = await Imds.start({
    issuer: services.issuer,
    identities: () => [
      { principal: identity, kind: "system" },
      { principal: services.admin, kind: "user" },
    ],
  });
  const forward = await forwardMetadata(Number(new URL(imds.url).port));
  await shell(services.admin.clientId, "psql -h SERVER --user admin postgres", [
    `-c "select * from pgaadauth_create_principal('myVm', false, false);"`,
  ]);
  await shell(identity.clientId, "psql -h SERVER --user USER DBNAME", [
    `-Atc "select 'logged in as ' || current_user || ' to ' || current_database()"`,
  ]);
  forward.close();
  await imds.close();
} finally {
  await services.close();
}

/** The sandbox's metadata service listens on loopback only; in this namespace its Azure address leads there. */
async function forwardMetadata(port: number): Promise<Server> {
  const server = createServer((client) => {
    const metadata = connect(port, "127.0.0.1");
    client.pipe(metadata).pipe(client);
    client.on("error", () => metadata.destroy());
    metadata.on("error", () => client.destroy());
  });
  server.listen(80, "169.254.169.254");
  await once(server, "listening");
  return server;
}

/** The article's two commands, with its placeholders filled in and nothing else changed; TLS verified by the environment. */
async function shell(clientId: string | undefined, psql: string, args: string[]): Promise<void> {
  const filled = psql.replace("SERVER", SERVER).replace("USER", "myVm").replace("DBNAME", "app");
  const script = [
    "export PGPASSWORD=`curl -s 'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fossrdbms-aad.database.windows.net&client_id=CLIENT_ID' -H Metadata:true | jq -r .access_token`".replace(
      "CLIENT_ID",
      clientId ?? "",
    ),
    [filled, ...args].join(" "),
  ].join("\n");
  const child = spawn("bash", ["-c", script], {
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      PATH: process.env.PATH,
      HOME: services.dir,
      PGSSLMODE: "verify-full",
      PGSSLROOTCERT: join(services.dir, "ca.pem"),
    },
  });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, "close") as Promise<[number]>]);
  process.stdout.write(output);
  if (code !== 0) {
    throw new Error(`the article's commands ended with exit code ${code}`);
  }
}
