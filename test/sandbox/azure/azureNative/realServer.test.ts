import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { type TestContext, test } from "node:test";
import pg from "pg";
import { REAL_HOSTS } from "../../../../sandbox/azure/azureNative/engine/armContext.ts";
import { TokenIssuer } from "../../../../sandbox/entra/tokenIssuer.ts";
import { POSTGRES_RESOURCE } from "../../../../sandbox/entra/tokenRequest.ts";
import { CertificateAuthority } from "../../../../sandbox/postgres/certificates.ts";
import { temporaryDirectory } from "../../../harness/testServer.ts";
import { FakeMachine, serverInputs, TestAzure } from "./testAzure.ts";

const MODULE = "azure-native:dbforpostgresql";
const WHERE = { resourceGroupName: "rg", serverName: "main-db" };

test("a server is a real one whose administrator, parameters and firewall work", async (t) => {
  const azure = await open(t);
  await azure.group();
  const server = await azure.create(`${MODULE}:Server`, "db", serverInputs());
  const port = azure.emulator.servers().get("main-db")?.port ?? 0;
  const query = (sql: string) => queryAt(azure, port, sql);
  const { deployer } = azure.services;
  const admin = { ...WHERE, objectId: deployer.objectId, principalName: "deployer", principalType: "ServicePrincipal" };
  await azure.create(`${MODULE}:AdministratorsMicrosoftEntra`, "admin", admin);
  await azure.create(`${MODULE}:Database`, "app", { ...WHERE, databaseName: "app" });
  const parameter = await azure.create(`${MODULE}:Configuration`, "statement_timeout", { ...WHERE, value: "5000" });
  assert.equal(parameter.outputs.value, "5000");

  await assert.rejects(query("SELECT 1"), /no pg_hba\.conf entry/);
  const range = { startIpAddress: "127.0.0.1", endIpAddress: "127.0.0.1" };
  const rule = await azure.create(`${MODULE}:FirewallRule`, "here", { ...WHERE, ...range });
  const sql = `SELECT current_user AS me, current_setting('statement_timeout') AS timeout,
    pg_get_userbyid(datdba) AS owner FROM pg_database WHERE datname = 'app'`;
  assert.deepEqual(await query(sql), [{ me: "deployer", timeout: "5s", owner: "azure_pg_admin" }]);

  await azure.delete(rule);
  await assert.rejects(query("SELECT 1"), /no pg_hba\.conf entry/);
  await azure.delete(parameter);
  await azure.delete(server);
  await assert.rejects(query("SELECT 1"), { code: "ECONNREFUSED" });
});

test("a PostgreSQL version that the sandbox lacks is refused", async (t) => {
  const azure = await open(t);
  await azure.group();
  await assert.rejects(
    azure.create(`${MODULE}:Server`, "db", serverInputs({ version: "15" })),
    /asks for PostgreSQL 15; the sandbox has PostgreSQL 16, 17, 18\./,
  );
});

/** An emulator with real PostgreSQL servers. */
async function open(t: TestContext): Promise<TestAzure> {
  const stateDir = temporaryDirectory();
  t.after(() => rmSync(stateDir, { recursive: true, force: true }));
  return TestAzure.open(t, {
    stateDir,
    ...REAL_HOSTS,
    startMachine: async (options) => new FakeMachine(options),
    issuer: (directory) => TokenIssuer.open(directory, stateDir),
    authority: await CertificateAuthority.open(stateDir),
  });
}

async function queryAt(azure: TestAzure, port: number, sql: string): Promise<unknown[]> {
  const { issuer, authority, deployer } = azure.services;
  const { accessToken } = await issuer.issue(deployer, POSTGRES_RESOURCE);
  const client = new pg.Client({
    host: "127.0.0.1",
    port,
    user: "deployer",
    password: accessToken,
    database: "postgres",
    ssl: { ca: authority.certificatePem, servername: "localhost" },
    connectionTimeoutMillis: 10_000,
  });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
