import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { GENTLE, HARSH } from "../../../sandbox/behaviour.ts";
import { askProbe } from "../../../sandbox/ledger/askProbe.ts";
import type { Facts } from "../../../sandbox/ledger/facts.ts";
import { readLedger } from "../../../sandbox/ledger/ledger.ts";
import { type ProbeResult, runProbes } from "../../../sandbox/ledger/runProbes.ts";
import { logInAsAdministrator } from "../../harness/administratorLogin.ts";
import { TestServer } from "../../harness/testServer.ts";

let server: TestServer;
let logOut: () => Promise<void>;
let facts: Facts;
const rows = readLedger()
  .flatMap((section) => section.rows)
  .filter(({ probe }) => probe && ("sql" in probe || "login" in probe));

before(async () => {
  server = await TestServer.open();
  await server.server.createDatabase("shop");
  const identity = server.directory.add({ displayName: "shop-vm", type: "service" });
  logOut = await logInAsAdministrator(server);
  await sql(`SELECT pgaadauth_create_principal('shop-vm', false, false)`);
  const groupId = "/subscriptions/s/resourceGroups/g";
  facts = {
    host: "localhost",
    port: String(server.server.port),
    admin: "admin",
    role: "shop-vm",
    database: "shop",
    objectId: identity.objectId,
    type: "service",
    subscriptionId: "s",
    groupId,
    serverId: `${groupId}/providers/Microsoft.DBforPostgreSQL/flexibleServers/server`,
    location: "westeurope",
    caCert: server.authority.certificatePem,
    probe: "probe_ffff",
  };
});
after(async () => {
  await logOut?.();
  await server?.close();
});

const sql = (text: string) => server.query("admin", server.admin, text);
const notConfirmed = (results: ProbeResult[]) =>
  results.filter(({ result }) => result !== "confirmed").map(({ id, result }) => `${result}: ${id}`);
const ask = async () => notConfirmed(await runProbes(rows, facts, askProbe, () => {}));
const operator = (statements: string, database?: string) => server.server.asService(statements, database);

test("every row that SQL or a login asks is as the ledger says, and nothing is left of the probes", async () => {
  const left = () =>
    operator("SELECT rolname::text FROM pg_roles UNION ALL SELECT nspname FROM pg_namespace ORDER BY 1");
  const before = await left();
  assert.deepEqual(await ask(), []);
  assert.deepEqual(await left(), before);
});

/** How a server can be wrong, and which rows notice. */
const WRONG: { is: string; change: () => Promise<unknown>; repair: () => Promise<unknown>; notice: string[] }[] = [
  {
    is: "ADMIN goes to the creator alone, refusals have newer words",
    change: () => server.server.behave({ adminOption: HARSH.adminOption, refusalTexts: HARSH.refusalTexts }),
    repair: () => server.server.behave(GENTLE),
    notice: ["roles/not-found-could-not-validate", "roles/second-administrator-holds-admin"],
  },
  {
    is: "its functions neither bind a role nor grant it",
    change: () =>
      operator(`ALTER FUNCTION pgaadauth.label RENAME TO kept_label; ALTER FUNCTION pgaadauth.grant_rights RENAME TO kept_rights;
        CREATE FUNCTION pgaadauth.label(name, text, text, boolean, boolean) RETURNS void LANGUAGE sql AS '';
        CREATE FUNCTION pgaadauth.grant_rights(name, boolean) RETURNS void LANGUAGE sql AS ''`),
    repair: () =>
      operator(`DROP FUNCTION pgaadauth.label; DROP FUNCTION pgaadauth.grant_rights;
        ALTER FUNCTION pgaadauth.kept_label RENAME TO label; ALTER FUNCTION pgaadauth.kept_rights RENAME TO grant_rights`),
    notice: [
      "program/admin-principals-role-goes",
      "program/entra-administrator-may-comment",
      "program/entra-administrator-may-rename",
      "program/entra-administrator-may-set",
      "program/pgaadauth_update_principal_with_oid-also",
      "program/renaming-role-keeps-binding",
      "roles/admin-after-create-by-name",
      "roles/administrator-holds-admin-itself",
      "roles/isadmin-member-azure_pg_admin",
      "roles/label-aadauth-oid-type-admin",
      "roles/second-administrator-holds-admin",
      "roles/update_principal_with_oid",
    ],
  },
  {
    is: "its databases belong to others, and a role has another name",
    change: () =>
      operator(`ALTER DATABASE shop OWNER TO admin; ALTER DATABASE postgres OWNER TO azure_pg_admin;
        ALTER ROLE replication RENAME TO other`),
    repair: () =>
      operator(`ALTER DATABASE shop OWNER TO azure_pg_admin; ALTER DATABASE postgres OWNER TO azuresu;
        ALTER ROLE other RENAME TO replication`),
    notice: [
      "program/database-made-after-administrators",
      "roles/roles-azuresu-azure_pg_admin",
      "server/database-made-before-first",
    ],
  },
  {
    is: "PUBLIC may create, and a role of its own is among the administrators",
    change: async () => {
      await operator("GRANT CREATE ON SCHEMA public TO PUBLIC; ALTER SCHEMA public OWNER TO pg_database_owner", "shop");
      await operator(
        "CREATE ROLE visitor LOGIN; GRANT azure_pg_admin TO visitor; GRANT CONNECT ON DATABASE azure_maintenance TO admin",
      );
    },
    repair: async () => {
      await operator("REVOKE CREATE ON SCHEMA public FROM PUBLIC; ALTER SCHEMA public OWNER TO azure_pg_admin", "shop");
      await operator("DROP ROLE visitor; REVOKE CONNECT ON DATABASE azure_maintenance FROM admin");
    },
    notice: [
      "program/administrators-server-roles",
      "program/public-no-create-schema-public",
      "roles/schema-public-belongs-azure_pg_admin",
      "server/databases-azure_maintenance",
    ],
  },
];

for (const { is, change, repair, notice } of WRONG) {
  test(`a wrong server differs: ${is}`, async () => {
    await change();
    try {
      assert.deepEqual((await ask()).sort(), notice.map((id) => `differs: ${id}`).sort());
    } finally {
      await repair();
    }
  });
}
