import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import pg from "pg";
import { type ConnectionDetails, connectionDetails } from "../../components/connectionDetails/connectionDetails.ts";
import type { Principal } from "../../sandbox/entra/directory.ts";
import { Imds } from "../../sandbox/entra/imds.ts";
import { TestServer } from "../harness/testServer.ts";
import { pythonEnvironment } from "./pythonEnvironment.ts";

// Each form is given to its client unchanged. The names hold characters that are special in URLs, shells and files.
const ROLE = "orders é @x%20&a=b#c+d:/?";
const DATABASE = 'it\'s "my" db; a=b%41 c';
const QUERY = "SELECT session_user || ' in ' || current_database()";
const EXPECTED = `${ROLE} in ${DATABASE}`;

let server: TestServer;
let imds: Imds;
let identity: Principal;
let details: ConnectionDetails;
before(async () => {
  server = await TestServer.open();
  identity = server.directory.add({ displayName: ROLE, type: "service" });
  await server.server.createDatabase(DATABASE);
  await server.query("admin", server.admin, `SELECT pgaadauth_create_principal('${ROLE}', false, false)`);
  imds = await Imds.start({ issuer: server.issuer, identities: () => [{ principal: identity, kind: "system" }] });
  details = connectionDetails({
    host: "localhost",
    port: server.server.port,
    database: DATABASE,
    user: ROLE,
    clientId: identity.clientId ?? "",
    service: "forms",
    rootCertificate: join(server.dir, "ca.pem"),
    rootCertificatePem: server.authority.certificatePem,
  });
});
after(async () => {
  await imds?.close();
  await server?.close();
});

/** Runs a client with these environment variables only. */
async function run(command: string, args: string[], env: NodeJS.ProcessEnv, cwd = server.dir): Promise<string> {
  const { PATH, JAVA_HOME } = process.env;
  const own = { PATH, HOME: server.dir, LANG: "C.UTF-8", ...(JAVA_HOME ? { JAVA_HOME } : {}) };
  return (await promisify(execFile)(command, args, { cwd, env: { ...own, ...env } })).stdout.trim();
}
const password = async () => ({ PGPASSWORD: await server.token(identity) });
const PSQL = ["--no-psqlrc", "--tuples-only", "--no-align", "--command", QUERY];

test("libpq: the URI", async () => {
  assert.equal(await run("psql", [...PSQL, details.libpq], await password()), EXPECTED);
});

test("psql: the command, with a token in the place of the metadata service's", async () => {
  const { PGPASSWORD } = await password();
  const command = details.psql.replace(details.token, 'printf %s "$TOKEN"');
  assert.notEqual(command, details.psql);
  assert.equal(await run("sh", ["-c", `${command} -At -c "$QUERY"`], { TOKEN: PGPASSWORD, QUERY }), EXPECTED);
});

test("libpq: the service file", async () => {
  const file = join(server.dir, "pg_service.conf");
  writeFileSync(file, `${details.serviceFile}\n`);
  assert.equal(await run("psql", [...PSQL, "service=forms"], { ...(await password()), PGSERVICEFILE: file }), EXPECTED);
});

test("libpq: the environment, read by a shell", async () => {
  const script = 'eval "$FORM"; exec psql --no-psqlrc -At -c "$QUERY"';
  assert.equal(await run("sh", ["-c", script], { ...(await password()), FORM: details.environment, QUERY }), EXPECTED);
});

test("libpq: the environment file, line by line", async () => {
  const lines = details.environmentFile.split("\n").map((line) => {
    const at = line.indexOf("=");
    return [line.slice(0, at), line.slice(at + 1)];
  });
  assert.equal(await run("psql", PSQL, { ...(await password()), ...Object.fromEntries(lines) }), EXPECTED);
});

test("node-postgres: the configuration", async () => {
  const client = new pg.Client({ ...JSON.parse(details.nodePostgres), password: () => server.token(identity) });
  await client.connect();
  try {
    assert.deepEqual(Object.values((await client.query(QUERY)).rows[0]), [EXPECTED]);
  } finally {
    await client.end();
  }
});

test("SQLAlchemy: the URL", async () => {
  const script = `import os, sys, sqlalchemy
engine = sqlalchemy.create_engine(sys.argv[1], connect_args={"password": os.environ["TOKEN"]})
with engine.connect() as connection: print(connection.exec_driver_sql(sys.argv[2]).scalar())`;
  const { PGPASSWORD } = await password();
  assert.equal(
    await run(pythonEnvironment(), ["-c", script, details.sqlalchemy, QUERY], { TOKEN: PGPASSWORD }),
    EXPECTED,
  );
});

test("JDBC: the URL, with its plugin asking for the token", async () => {
  const libraries = join(server.dir, "libraries");
  const goals = ["dependency:copy-dependencies", `-DoutputDirectory=${libraries}`];
  const cwd = join(import.meta.dirname, "../../clients/java");
  await promisify(execFile)("mvn", ["--quiet", "--batch-mode", ...goals], { cwd });
  const args = ["-cp", `${libraries}/*`, join(import.meta.dirname, "Login.java"), details.jdbc, QUERY];
  const env = { AZURE_POD_IDENTITY_AUTHORITY_HOST: imds.url, AZURE_TOKEN_CREDENTIALS: "ManagedIdentityCredential" };
  assert.equal((await run("java", args, env)).split("\n").at(-1), EXPECTED);
});
