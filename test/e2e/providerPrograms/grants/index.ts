import * as postgresql from "@pulumi/postgresql";
import * as pulumi from "@pulumi/pulumi";

// Step 1 creates every resource. Step 2 changes properties in place. Step 3 changes properties that force a replacement.
const config = new pulumi.Config();
const step = config.requireNumber("step");

const admin = new postgresql.Provider("admin", {
  host: config.require("host"),
  port: config.requireNumber("port"),
  database: "postgres",
  username: config.get("username") ?? "admin",
  sslmode: "verify-full",
  sslrootcert: config.require("caFile"),
  azureIdentityAuth: true,
  azureTenantId: config.require("tenantId"),
  superuser: false,
  connectTimeout: 30,
});
let previous: pulumi.Resource | undefined;
type Kind<Args, Made> = new (name: string, args: Args, opts: pulumi.CustomResourceOptions) => Made;
/** Makes the resources one after another: the server refuses two changes of one access list at once. */
function make<Args, Made extends pulumi.Resource>(Type: Kind<Args, Made>, name: string, args: Args): Made {
  const made = new Type(name, args, { provider: admin, dependsOn: previous ? [previous] : [] });
  previous = made;
  return made;
}

const { Database, DefaultPrivileges, Grant, GrantRole, Role, Schema } = postgresql;
const owner = make(Role, "owner", { name: "shop_owner" });
const reader = make(Role, "reader", {});
make(Role, "writer", {
  name: step === 1 ? "writer" : 'writer "2" o\'clock',
  login: true,
  connectionLimit: step === 1 ? 5 : 7,
  validUntil: step === 1 ? "2030-01-02 03:04:05+00" : "infinity",
  searchPaths: step === 1 ? ["sales", "public"] : ["public"],
  statementTimeout: step === 1 ? 60_000 : 0,
  idleInTransactionSessionTimeout: 30_000,
  createDatabase: step > 1,
  createRole: step === 1,
  roles: step === 1 ? [reader.name] : [reader.name, owner.name],
});
const shop = make(Database, "shop", {
  name: "shop",
  owner: owner.name,
  connectionLimit: 30,
  allowConnections: true,
});
const plain = make(Database, "plain", {
  lcCollate: step < 3 ? "C" : "POSIX",
  lcCtype: "C",
  connectionLimit: step === 1 ? 10 : 11,
});
const sales = make(Schema, "sales", {
  name: "sales",
  database: shop.name,
  owner: owner.name,
  dropCascade: true,
  ifNotExists: true,
});
make(Schema, "extra", { name: step === 1 ? "extra" : "additional", database: plain.name });

type GrantSpec = Omit<postgresql.GrantArgs, "database" | "role"> & { role?: pulumi.Input<string> };
const grant = (name: string, args: GrantSpec) => make(Grant, name, { database: shop.name, role: reader.name, ...args });
/** Grants on objects of the schema sales. */
const grantInSales = (name: string, args: GrantSpec) => grant(name, { schema: sales.name, ...args });

grant("connect", { objectType: "database", privileges: step === 1 ? ["CONNECT"] : ["TEMPORARY", "CONNECT"] });
grantInSales("usage", { objectType: "schema", privileges: ["USAGE"], withGrantOption: step === 3 });
grant("everything", { role: "shop_owner", objectType: "schema", schema: "public", privileges: ["ALL"] });
grant("nobody", { role: "public", objectType: "schema", schema: "public", privileges: [] });
if (config.getBoolean("tables")) {
  grantInSales("tables", { objectType: "table", privileges: step === 1 ? ["SELECT"] : ["SELECT", "INSERT", "UPDATE"] });
  grantInSales("oneTable", {
    role: "app",
    objectType: "table",
    objects: step < 3 ? ["orders", "items"] : ["orders"],
    privileges: step === 1 ? ["ALL"] : ["SELECT", "DELETE"],
  });
  grantInSales("columns", {
    role: "auditor",
    objectType: "column",
    objects: ["orders"],
    columns: step < 3 ? ["id", "note"] : ["note"],
    privileges: ["SELECT"],
  });
  grantInSales("sequences", { objectType: "sequence", privileges: ["USAGE", "SELECT"] });
  grantInSales("functions", { objectType: "function", privileges: ["EXECUTE"] });
  grantInSales("oneFunction", {
    role: "app",
    objectType: "routine",
    objects: ["total(integer)"],
    privileges: ["EXECUTE"],
  });
}
const future = { database: shop.name, owner: owner.name, role: reader.name };
make(DefaultPrivileges, "futureTables", {
  ...future,
  schema: sales.name,
  objectType: "table",
  privileges: step === 1 ? ["SELECT"] : ["SELECT", "INSERT"],
});
make(DefaultPrivileges, "futureSequences", {
  ...future,
  objectType: "sequence",
  privileges: ["ALL"],
  withGrantOption: step === 3,
});
make(GrantRole, "membership", { role: "app", grantRole: reader.name, withAdminOption: step === 3 });

export const readerName = reader.name;
export const shopOwner = shop.owner;
