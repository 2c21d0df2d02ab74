import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import type { AccessInputs } from "../../components/access/accessInputs.ts";
import { PROFILES, RIGHTS } from "../../components/access/profiles.ts";
import { create } from "../../components/access/schemaAccessRuntime.ts";
import type { Principal } from "../../sandbox/entra/directory.ts";
import { logInAsAdministrator } from "../harness/administratorLogin.ts";
import { TestServer } from "../harness/testServer.ts";
import { nodeModules } from "./libraries.ts";
import { MIGRATION_TOOLS, type MigrationTool } from "./migrationTools.ts";

let context: TestServer;
let logOut: (() => Promise<void>) | undefined;
before(async () => {
  context = await TestServer.open();
  logOut = await logInAsAdministrator(context);
  await context.server.createDatabase("shop");
});
after(async () => {
  await logOut?.();
  await context?.close();
});

for (const [name, tool] of Object.entries(MIGRATION_TOOLS)) {
  test(`${name} migrates as a migrator, and a reader reads its tables`, async () => {
    const { migrator, reader } = await members(name);
    const inputs = accessInputs(name, tool.createSchemas);
    await create(inputs);
    const project = projectOf(name);

    project.add("first");
    await run(project.folder, name, tool, migrator);
    assert.deepEqual(await readAs(name, reader), { item: ["id"], rows: [] });

    project.add("second");
    await run(project.folder, name, tool, migrator);
    assert.deepEqual(await readAs(name, reader), { item: ["id", "price"], rows: [] });
    const owners = await relations(name, "pg_get_userbyid(relowner)::text AS owner");
    assert.ok(owners.length >= 2, "the table and the tool's own table");
    assert.deepEqual(new Set(owners.map(({ owner }) => owner)), new Set([inputs.roles.migrator]));

    const before = await contents(name);
    await run(project.folder, name, tool, migrator);
    assert.deepEqual(await contents(name), before, "a run again changes nothing");
    const elsewhere = `SELECT count(*)::int AS n FROM pg_class WHERE relowner = $$"${inputs.roles.migrator}"$$::regrole
      AND relnamespace NOT IN ($$"${name}"$$::regnamespace, 'pg_toast'::regnamespace)`;
    assert.deepEqual(await context.server.asService(elsewhere, "shop"), [{ n: 0 }], "it creates nothing elsewhere");
  });
}

test("drizzle without createSchemas is refused, since PostgreSQL checks the right first", async () => {
  const { migrator } = await members("plain");
  await create(accessInputs("plain"));
  const project = projectOf("drizzle");
  project.add("first");
  const tool = MIGRATION_TOOLS.drizzle;
  assert.ok(tool);
  await assert.rejects(run(project.folder, "plain", tool, migrator), /ended with 1/);
  assert.match(
    context.postgresLog(),
    /permission denied for database shop\s.*STATEMENT:\s+CREATE SCHEMA IF NOT EXISTS/s,
  );
  assert.deepEqual(await relations("plain", "relname"), []);
});

/** Registers a migrator and a reader of a schema. */
async function members(schema: string): Promise<{ migrator: Principal; reader: Principal }> {
  const [migrator, reader] = ["migrator", "reader"].map((profile) =>
    context.directory.add({ displayName: `${schema} ${profile}`, type: "service" }),
  );
  assert.ok(migrator && reader);
  for (const { displayName, objectId } of [migrator, reader]) {
    const sql = `SELECT pgaadauth_create_principal_with_oid('${displayName}', '${objectId}', 'service', false, false)`;
    await context.query("admin", context.admin, sql);
  }
  return { migrator, reader };
}

function accessInputs(schema: string, createSchemas = false): AccessInputs {
  const named = PROFILES.map((profile) => [profile, `shop_${schema}_${profile}`]);
  const rights = PROFILES.map((profile) => {
    const kinds = RIGHTS[profile].map(({ objectType, privileges }) => [objectType, [...privileges]]);
    return [profile, Object.fromEntries(kinds)];
  });
  const inputs: AccessInputs = {
    host: "localhost",
    port: context.server.port,
    database: "shop",
    adminUser: "admin",
    caCert: context.authority.certificatePem,
    deadlineSeconds: 60,
    schema,
    roles: Object.fromEntries(named) as AccessInputs["roles"],
    rights: Object.fromEntries(rights) as AccessInputs["rights"],
    grants: {},
    members: { [`${schema} migrator`]: { profile: "migrator" }, [`${schema} reader`]: { profile: "reader" } },
    onDelete: "refuse",
    databaseStays: true,
    owner: `urn:pulumi:test::${schema}`,
  };
  if (createSchemas) inputs.rights.migrator.database = ["CREATE"];
  return inputs;
}

/** A copy of a tool's project, which grows by steps. */
function projectOf(name: string): { folder: string; add: (step: string) => void } {
  const folder = mkdtempSync(join(context.dir, `${name}-`));
  symlinkSync(nodeModules(), join(folder, "node_modules"));
  return { folder, add: (step) => cpSync(join(import.meta.dirname, name, step), folder, { recursive: true }) };
}

async function run(cwd: string, schema: string, tool: MigrationTool, migrator: Principal): Promise<void> {
  const { PATH, JAVA_HOME } = process.env;
  const rootCertificate = join(context.dir, "ca.pem");
  const { port } = context.server;
  const token = await context.token(migrator);
  const user = migrator.displayName;
  const [program, ...args] = tool.command();
  const jdbcUrl = `jdbc:postgresql://localhost:${port}/shop?sslmode=verify-full&sslrootcert=${rootCertificate}`;
  const env = {
    PATH,
    HOME: cwd,
    LANG: "C.UTF-8",
    ...(JAVA_HOME ? { JAVA_HOME } : {}),
    NODE_EXTRA_CA_CERTS: rootCertificate,
    PGHOST: "localhost",
    PGPORT: String(port),
    PGDATABASE: "shop",
    PGUSER: user,
    PGPASSWORD: token,
    PGSSLMODE: "verify-full",
    PGSSLROOTCERT: rootCertificate,
    ...tool.environment?.({ jdbcUrl, user, token, schema }),
  };
  try {
    await promisify(execFile)(program, args, { cwd, env });
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    throw new Error(`the tool ended with ${code}:\n${stdout}${stderr}`);
  }
}

/** The columns of the table and its rows, seen by a reader. */
async function readAs(schema: string, reader: Principal): Promise<Record<string, unknown>> {
  const client = await context.connect(reader.displayName, await context.token(reader), "shop");
  try {
    const { fields, rows } = await client.query("SELECT * FROM item");
    await assert.rejects(client.query("INSERT INTO item (id) VALUES (1)"), { code: "42501" }, schema);
    return { item: fields.map(({ name }) => name), rows };
  } finally {
    await client.end();
  }
}

async function relations(schema: string, columns: string): Promise<Record<string, unknown>[]> {
  const sql = `SELECT ${columns} FROM pg_class WHERE relnamespace = $$"${schema}"$$::regnamespace ORDER BY relname`;
  return await context.server.asService(sql, "shop");
}

/** The definitions and the rows of everything in a schema. */
async function contents(schema: string): Promise<Record<string, unknown>[]> {
  return await context.server.asService(
    `SELECT relname, relfilenode, (SELECT array_agg(attname || ' ' || atttypid::regtype) FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0),
       CASE WHEN relkind = 'r' THEN query_to_xml(format('SELECT * FROM %s', c.oid::regclass), true, true, '')::text END
     FROM pg_class c WHERE relnamespace = $$"${schema}"$$::regnamespace ORDER BY relname`,
    "shop",
  );
}
