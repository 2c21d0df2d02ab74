import { PROFILES, RIGHTS } from "../../../components/access/profiles.ts";
import { UNKNOWN, UNKNOWN_LIST } from "../judged.ts";
import { type Case, each, PASS, type RuleCases, refuse, wait } from "./case.ts";
import { access, defaultPrivileges, grant, membership, principal, resource, role, schema, server } from "./given.ts";

const granted = (to: unknown, objectType: unknown, privileges: unknown, more = {}) =>
  grant({ role: to, objectType, privileges, ...more });
const READER = "shop_orders_reader";
const WRITER = "shop_orders_writer";

const orders = { role: READER, schema: "orders", privileges: ["SELECT"] };
const PREDEFINED = /a member of azure_pg_admin or of a predefined role/;

const PROFILE_RIGHTS = Object.fromEntries(
  PROFILES.map((profile) => [
    profile,
    Object.fromEntries(RIGHTS[profile].map(({ objectType, privileges }) => [objectType, privileges])),
  ]),
);
const WITH_SCHEMAS = { ...PROFILE_RIGHTS, migrator: { ...PROFILE_RIGHTS.migrator, database: ["CREATE"] } };

const provider = resource("pulumi:providers:postgresql", "admin");
const byToken = { azureIdentityAuth: "true", sslmode: "verify-full" };

const version = (number: unknown, more = {}) => server({ version: number, ...more });
const support = (day: string, verdict: typeof PASS, config = {}): Case => [version("16"), verdict, config, day];

export const databaseCases: RuleCases = {
  "grants-within-profiles": {
    "a profile may be granted its own rights and those of the profiles before it": PROFILES.flatMap((profile, at) =>
      PROFILES.flatMap((other, beside) =>
        RIGHTS[other].map(
          ({ objectType, privileges }): Case => [
            granted(`shop_orders_${profile}`, objectType, privileges),
            beside <= at ? PASS : refuse(),
          ],
        ),
      ),
    ),
    "a right that no profile has is refused for any role": [
      ...[
        ["table", "TRUNCATE"],
        ["table", "ALL"],
        ["database", "CREATE"],
        ["sequence", "UPDATE"],
        ["foreign_server", "USAGE"],
      ].flatMap(([kind, privilege]) =>
        each([["SELECT", privilege]], (all) => granted("app", kind, all), refuse(new RegExp(`^"grant" .* a ${kind} `))),
      ),
      ...each([["SELECT", "insert"], []], (privileges) => granted("app", "table", privileges), PASS),
    ],
    "the grant option is refused": [
      [granted(READER, "table", ["SELECT"], { withGrantOption: true }), refuse(/withGrantOption must be false/)],
    ],
    "default privileges are judged like grants": each(
      ["defaultPrivileges:DefaultPrivileges", "defaultPrivileg:DefaultPrivileg"],
      (type) => ({ ...granted(READER, "table", ["DELETE"]), type: `postgresql:index/${type}` }),
      refuse(),
    ),
    "policies of a schema are refused": [
      ...each(
        [
          { role: "public", createWithGrant: true },
          { role: READER, usage: true },
        ],
        (policy) => schema({ policies: [policy] }),
        refuse(/^"orders" grants by its policies/),
      ),
      ...each([undefined, []], (policies) => schema({ policies }), PASS),
      [schema({ policies: UNKNOWN_LIST }), wait(/policies of "orders"/)],
    ],
    "procedures count as functions, columns as their table": [
      ...each(["function", "procedure", "routine"], (kind) => granted(READER, kind, ["EXECUTE"]), PASS),
      [granted(READER, "column", ["SELECT"]), PASS],
      [granted(READER, "column", ["UPDATE"]), refuse()],
      [granted(WRITER, "column", ["REFERENCES"]), refuse()],
    ],
    "additional rights are allowed for one kind of object": [
      [granted(WRITER, "table", ["TRUNCATE"]), PASS, { additional: ["table TRUNCATE"] }],
      [granted(WRITER, "database", ["TRUNCATE"]), refuse(), { additional: ["table TRUNCATE"] }],
      ...["column", "procedure", "routine", "foreign_server", "foreign_data_wrapper"].flatMap((kind): Case[] => [
        [granted(WRITER, kind, ["USAGE"]), refuse()],
        [granted(WRITER, kind, ["USAGE"]), PASS, { additional: [`${kind} USAGE`] }],
      ]),
    ],
    "a schema's rights and further grants stay within the profiles": [
      [access({ rights: PROFILE_RIGHTS, grants: { etl: { "table item": ["SELECT", "DELETE"] } } }), PASS],
      [
        access({ rights: WITH_SCHEMAS, grants: {} }),
        refuse('"orders" gives the profile migrator more than it has: CREATE on database.'),
      ],
      [access({ rights: WITH_SCHEMAS, grants: {} }), PASS, { additional: ["database CREATE"] }],
      [access({ rights: {}, grants: { etl: { table: ["TRUNCATE"] } } }), refuse(/TRUNCATE on table to etl/)],
      [access({ rights: {}, grants: { etl: { table: ["TRUNCATE"] } } }), PASS, { additional: ["table TRUNCATE"] }],
      [access({ rights: {}, grants: UNKNOWN }), wait(/grants of "orders"/)],
    ],
    "a right beyond every profile decides; otherwise an unknown value waits for up": [
      [granted(UNKNOWN, "table", ["TRUNCATE"]), refuse()],
      [granted(READER, "table", [UNKNOWN, "TRUNCATE"]), refuse()],
      [granted(UNKNOWN, "table", ["DELETE"]), wait(/role of "grant"/)],
      [granted(READER, UNKNOWN, ["DELETE"]), wait(/objectType of "grant"/)],
      [granted(READER, "table", UNKNOWN_LIST), wait(/privileges of "grant"/)],
    ],
  },
  "no-public-grants": {
    "a grant to PUBLIC or in the schema public is refused": [grant, defaultPrivileges].flatMap((given): Case[] => [
      [given(orders), PASS],
      ...each(["public", "PUBLIC"], (to) => given({ ...orders, role: to }), refuse(/ grants to PUBLIC/)),
      [given({ ...orders, schema: "public" }), refuse(/ grants in the schema public/)],
      [given({ ...orders, role: "public", schema: "public" }), refuse(/PUBLIC/, /schema public/)],
    ]),
    "a revoked default and a grant on a database pass": [
      [granted("public", "database", []), PASS],
      [defaultPrivileges({ role: "public", objectType: "function", privileges: [] }), PASS],
      [grant({ role: READER, privileges: ["CONNECT"] }), PASS],
    ],
    "the schema public itself is refused": [
      [schema({ name: "public" }), refuse()],
      [schema({ name: "orders" }), PASS],
      [schema({ name: UNKNOWN }), wait(/name of "orders"/)],
    ],
    "further grants of a schema to PUBLIC are refused": [
      [access({ grants: { public: { table: ["SELECT"] } } }), refuse(/ grants to PUBLIC/)],
      [access({ grants: { etl: { table: ["SELECT"] } } }), PASS],
    ],
    "known values are judged, unknown ones wait for up": [
      [grant({ ...orders, role: UNKNOWN, schema: "public" }), wait(/role of "grant"/, /in the schema public/)],
      [grant({ role: UNKNOWN, privileges: [] }), PASS],
    ],
  },
  "no-predefined-roles": {
    "a member of azure_pg_admin or of a predefined role is refused": [
      "azure_pg_admin",
      "pg_read_all_data",
      "PG_MONITOR",
    ].flatMap((name): Case[] => [
      [membership({ role: "app", grantRole: name }), refuse(PREDEFINED)],
      [role({ name: "app", roles: [READER, name] }), refuse(PREDEFINED)],
      [principal({ roleName: "app", memberOf: [name] }), refuse(PREDEFINED)],
    ]),
    "the profiles' roles pass": [
      [membership({ role: "app", grantRole: READER }), PASS],
      [role({ name: WRITER, roles: [READER], superuser: false }), PASS],
      ...each([{ memberOf: [WRITER] }, {}], principal, PASS),
    ],
    "a predefined role in a schema's members or grants is refused": [
      [access({ members: { pg_monitor: { profile: "reader" } }, grants: {} }), refuse(/in members: pg_monitor/)],
      [access({ members: {}, grants: { azure_pg_admin: {} } }), refuse(/in grants: azure_pg_admin/)],
      [access({ members: { app: { profile: "reader" } }, grants: {} }), PASS],
    ],
    "attributes and the admin option are refused": [
      ...["superuser", "createRole", "createDatabase", "replication", "bypassRowLevelSecurity"].flatMap((attribute) =>
        each([{ [attribute]: true }], role, refuse(`"app" has the attribute ${attribute}: leave it out.`)),
      ),
      [membership({ grantRole: READER, withAdminOption: true }), refuse(/withAdminOption must be false/)],
    ],
    "a predefined role can be allowed": [
      [membership({ grantRole: "pg_monitor" }), PASS, { allowed: ["pg_monitor"] }],
      [membership({ grantRole: "pg_read_all_data" }), refuse(), { allowed: ["pg_monitor"] }],
    ],
    "known values are judged, unknown ones wait for up": [
      [principal({ memberOf: [UNKNOWN, "azure_pg_admin"] }), refuse()],
      [principal({ memberOf: [UNKNOWN, "shop"] }), wait(/memberOf\.0 of "orders"/)],
      [role({ roles: [UNKNOWN], superuser: true }), wait(/roles\.0 of "app"/, /superuser/)],
    ],
  },
  "role-name-length": {
    "63 bytes pass, 64 do not": [
      (roleName: unknown) => principal({ roleName }),
      (name: unknown) => role({ name }),
    ].flatMap((named) => [
      ...each(["x".repeat(63), "é".repeat(31), undefined], named, PASS),
      ...each(["x".repeat(64), "é".repeat(32), "𝓍".repeat(16)], named, refuse(/ 64 bytes.* 63 /)),
      ...each([UNKNOWN], named, wait(/(roleN|n)ame of "(orders|app)"/)),
    ]),
    "the roles of a schema's profiles count": each(
      [{ reader: "r", owner: "x".repeat(64) }],
      (roles) => access({ roles }),
      refuse(/ 64 bytes/),
    ),
  },
  "role-without-password": {
    "a password is refused in either property": [
      ...["password", "passwordWo"].flatMap((property): Case[] => [
        [role({ [property]: "secret" }), refuse(`"app" has a password: leave ${property} out.`)],
        [role({ [property]: UNKNOWN }), wait(new RegExp(`${property} of "app"`))],
      ]),
      ...each([{}, { password: "" }], role, PASS),
      [role({ password: UNKNOWN, passwordWo: "secret" }), wait(/password of "app"/, /passwordWo/)],
    ],
  },
  "postgresql-provider": {
    "a token over verified TLS passes as text and as a program's value": [
      [provider(byToken), PASS],
      [provider({ azureIdentityAuth: true, sslMode: "verify-full" }), PASS],
    ],
    "each fault is named": [
      ...each(
        ["false", false, undefined],
        (azureIdentityAuth) => provider({ ...byToken, azureIdentityAuth }),
        refuse(/^"admin" does not log in with an Entra token/),
      ),
      ...each(
        ["require", "verify-ca", "disable", undefined],
        (sslmode) => provider({ ...byToken, sslmode }),
        refuse(/^"admin" does not verify the server/),
      ),
      [provider({ ...byToken, password: "secret" }), refuse('"admin" has a password: leave it out.')],
      [provider(), refuse(/token/, /verify/)],
    ],
    "known values are judged, unknown ones wait for up": [
      [
        provider({ ...byToken, sslmode: "require", password: UNKNOWN }),
        wait(/password of "admin" \(pulumi:providers:postgresql\)/, /does not verify/),
      ],
    ],
  },
  "postgres-version": {
    "versions 16 to 18 pass": [
      ...each(["16", "17", "18", 17], (number) => version(number), PASS),
      ...each(
        ["11", "15", "19", "", "seventeen"],
        (number) => version(number),
        refuse(/^"db" has PostgreSQL .*; allowed: 16, 17, 18\.$/),
      ),
    ],
    "a version is refused from the day after its support ends": [
      support("2028-11-09T23:59:59Z", PASS),
      support("2028-11-10T00:00:00Z", refuse(/PostgreSQL 16, whose support ends on 2028-11-09/)),
      support("2028-10-10T23:59:59Z", PASS, { noticeDays: 30 }),
      support("2028-10-11T00:00:00Z", refuse(/2028-11-09/), { noticeDays: 30 }),
    ],
    "only a copy of another server may leave its version out": [
      ...each([{}, { createMode: "Default" }], server, refuse(/names no version/)),
      ...each(["Replica", "PointInTimeRestore", "GeoRestore"], (createMode) => server({ createMode }), PASS),
    ],
    "versions and their ends are configurable": [
      [version("19"), PASS, { endOfLife: { 19: "2031-11-13" } }],
      [version("17"), refuse(/allowed: 19/), { endOfLife: { 19: "2031-11-13" } }],
    ],
    "an unknown version waits for up": [[version(UNKNOWN), wait(/version of "db"/)]],
  },
};
