import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import type { PrivateDatabaseArgs } from "entra-postgres";
import { inputsOf, recordResources, resolved, settled, TENANT } from "../../harness/mocks.ts";

const args: PrivateDatabaseArgs = {
  host: "db.example",
  database: "app",
  adminUser: "admin",
  tenantId: TENANT,
  extensions: ["pg_trgm"],
};
const GUARD = "pulumi-nodejs:dynamic/entra-postgres:DatabaseGuard";
const PROVIDER = "pulumi:providers:postgresql";

afterEach(() => {
  delete process.env.ARM_ENVIRONMENT;
});

async function databaseIn(cloud: string) {
  process.env.ARM_ENVIRONMENT = cloud;
  const registered = await recordResources();
  const { PrivateDatabase } = await import("entra-postgres");
  const database = new PrivateDatabase("app", args);
  await resolved(database.database);
  await settled(database);
  return { registered, database, guard: inputsOf(registered, GUARD)[0] };
}

test("in the public cloud @pulumi/postgresql closes the database and creates extensions", async () => {
  const { registered, database, guard } = await databaseIn("public");
  assert.equal(guard?.closes, undefined);
  assert.equal(inputsOf(registered, PROVIDER).length, 1);
  assert.equal(inputsOf(registered, "postgresql:index/extension:Extension").length, 1);
  assert.ok(database.provider);
});

test("in another cloud the guard does so, because @pulumi/postgresql cannot log in there", async () => {
  for (const cloud of ["usgovernment", "china"]) {
    const { registered, database, guard } = await databaseIn(cloud);
    assert.deepEqual([guard?.closes, guard?.extensions], [true, ["pg_trgm"]]);
    assert.deepEqual(
      registered.filter(({ type }) => type === PROVIDER || type.startsWith("postgresql:")),
      [],
    );
    assert.throws(() => database.provider, /EP-LOGIN-01/);
  }
});
