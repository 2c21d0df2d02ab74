import * as postgresql from "@pulumi/postgresql";
import * as pulumi from "@pulumi/pulumi";

// Step 1 makes everything, step 2 changes what can be changed in place, step 3 what cannot.
const config = new pulumi.Config();
const step = config.requireNumber("step");
const database = "shop";

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
/** One after another: two changes of one access list at once are refused by the server. */
const next = (opts: pulumi.CustomResourceOptions = {}): pulumi.CustomResourceOptions => ({
  provider: admin,
  ...opts,
  dependsOn: previous ? [previous] : [],
});
const chain = <T extends pulumi.Resource>(resource: T): T => {
  previous = resource;
  return resource;
};

const owner = chain(new postgresql.Role("owner", { name: "shop_owner" }, next()));
const reader = chain(new postgresql.Role("reader", {}, next()));
chain(
  new postgresql.Role(
    "writer",
    {
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
    },
    next(),
  ),
);
const shop = chain(
  new postgresql.Database(
    "shop",
    {
      name: database,
      owner: owner.name,
      connectionLimit: 30,
      allowConnections: true,
    },
    next(),
  ),
);
const plain = chain(
  new postgresql.Database(
    "plain",
    {
      lcCollate: step < 3 ? "C" : "POSIX",
      lcCtype: "C",
      connectionLimit: step === 1 ? 10 : 11,
    },
    next(),
  ),
);
const sales = chain(
  new postgresql.Schema(
    "sales",
    {
      name: "sales",
      database: shop.name,
      owner: owner.name,
      dropCascade: true,
      ifNotExists: true,
    },
    next(),
  ),
);
chain(new postgresql.Schema("extra", { name: step === 1 ? "extra" : "additional", database: plain.name }, next()));

type GrantSpec = Omit<postgresql.GrantArgs, "database" | "role"> & {
  role?: pulumi.Input<string>;
};
const grant = (name: string, args: GrantSpec) =>
  chain(new postgresql.Grant(name, { database: shop.name, role: reader.name, ...args }, next()));

grant("connect", {
  objectType: "database",
  privileges: step === 1 ? ["CONNECT"] : ["TEMPORARY", "CONNECT"],
});
grant("usage", {
  objectType: "schema",
  schema: sales.name,
  privileges: ["USAGE"],
  withGrantOption: step === 3,
});
grant("everything", {
  role: "shop_owner",
  objectType: "schema",
  schema: "public",
  privileges: ["ALL"],
});
grant("nobody", {
  role: "public",
  objectType: "schema",
  schema: "public",
  privileges: [],
});
if (config.getBoolean("tables")) {
  grant("tables", {
    objectType: "table",
    schema: sales.name,
    privileges: step === 1 ? ["SELECT"] : ["SELECT", "INSERT", "UPDATE"],
  });
  grant("oneTable", {
    role: "app",
    objectType: "table",
    schema: sales.name,
    objects: step < 3 ? ["orders", "items"] : ["orders"],
    privileges: step === 1 ? ["ALL"] : ["SELECT", "DELETE"],
  });
  grant("columns", {
    role: "auditor",
    objectType: "column",
    schema: sales.name,
    objects: ["orders"],
    columns: step < 3 ? ["id", "note"] : ["note"],
    privileges: ["SELECT"],
  });
  grant("sequences", {
    objectType: "sequence",
    schema: sales.name,
    privileges: ["USAGE", "SELECT"],
  });
  grant("functions", {
    objectType: "function",
    schema: sales.name,
    privileges: ["EXECUTE"],
  });
  grant("oneFunction", {
    role: "app",
    objectType: "routine",
    schema: sales.name,
    objects: ["total(integer)"],
    privileges: ["EXECUTE"],
  });
}
chain(
  new postgresql.DefaultPrivileges(
    "futureTables",
    {
      database: shop.name,
      owner: owner.name,
      role: reader.name,
      schema: sales.name,
      objectType: "table",
      privileges: step === 1 ? ["SELECT"] : ["SELECT", "INSERT"],
    },
    next(),
  ),
);
chain(
  new postgresql.DefaultPrivileges(
    "futureSequences",
    {
      database: shop.name,
      owner: owner.name,
      role: reader.name,
      objectType: "sequence",
      privileges: ["ALL"],
      withGrantOption: step === 3,
    },
    next(),
  ),
);
chain(
  new postgresql.GrantRole("membership", { role: "app", grantRole: reader.name, withAdminOption: step === 3 }, next()),
);

export const readerName = reader.name;
export const shopOwner = shop.owner;
