import assert from "node:assert/strict";
import { test } from "node:test";
import { requirePlainEnvironment } from "../../../components/privateDatabase/providerEnvironment.ts";
import { recordResources, TENANT } from "../../harness/mocks.ts";

test("variables that @pulumi/postgresql would read are refused, all at once", () => {
  assert.throws(
    () =>
      requirePlainEnvironment(
        {},
        { PGOPTIONS: "-c x=y", PGSERVICEFILE: "f", PGSSLROOTCERT: "c", PGCLIENTENCODING: "latin1" },
      ),
    /found: .*PGOPTIONS, PGSERVICEFILE, PGSSLROOTCERT, PGCLIENTENCODING[\s\S]*unset PGOPTIONS PGSERVICEFILE PGSSLROOTCERT PGCLIENTENCODING[\s\S]*EP-LOGIN-03/,
  );
});

test("variables that the provider's own settings override are no problem", () => {
  const overridden = { PGHOST: "h", PGPORT: "1", PGUSER: "u", PGDATABASE: "d", PGPASSWORD: "p", PGSSLMODE: "disable" };
  requirePlainEnvironment({}, { ...overridden, PGCLIENTENCODING: "utf-8", PGOPTIONS: "" });
  requirePlainEnvironment({ caCertFile: "ca.pem" }, { PGSSLROOTCERT: "other.pem" });
});

test("a PrivateDatabase is refused in such a shell", async () => {
  await recordResources();
  const { PrivateDatabase } = await import("entra-postgres");
  const args = { host: "db.example", database: "app", adminUser: "admin", tenantId: TENANT };
  process.env.PGSSLNEGOTIATION = "direct";
  try {
    assert.throws(() => new PrivateDatabase("app", args), /EP-LOGIN-03/);
  } finally {
    delete process.env.PGSSLNEGOTIATION;
  }
});
