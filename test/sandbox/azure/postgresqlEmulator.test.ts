import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { errorFor } from "../../../components/errors/errorFor.ts";
import { PostgresqlEmulator } from "../../../sandbox/azure/postgresql/emulator.ts";
import { type Props, UNKNOWN } from "../../../sandbox/azure/providerHost.ts";
import { TestServer } from "../../harness/testServer.ts";

const PEER = "127.0.0.1:1";
const RUN = { preview: false, peer: PEER };
const WORK = "work";
const TYPES = {
  Database: "postgresql:index/database:Database",
  Role: "postgresql:index/role:Role",
  Schema: "postgresql:index/schema:Schema",
  Extension: "postgresql:index/extension:Extension",
  Grant: "postgresql:index/grant:Grant",
  GrantRole: "postgresql:index/grantRole:GrantRole",
  DefaultPrivileges: "postgresql:index/defaultPrivileges:DefaultPrivileges",
} as const;

type Kind = keyof typeof TYPES;

let services: TestServer;
let emulator: PostgresqlEmulator;
let tokens = 0;

function config(overrides: Record<string, string> = {}): Record<string, string> {
  return {
    host: "localhost",
    port: String(services.server.port),
    username: "admin",
    sslmode: "verify-full",
    sslrootcert: join(services.dir, "ca.pem"),
    azureIdentityAuth: "true",
    azureTenantId: services.directory.tenantId,
    superuser: "false",
    connectTimeout: "30",
    ...overrides,
  };
}

function resource(kind: Kind, name = "it"): { urn: string; type: string; name: string } {
  return { urn: `urn:pulumi:dev::test::${TYPES[kind]}::${name}`, type: TYPES[kind], name };
}

async function check(kind: Kind, news: Props, olds: Props = {}): Promise<Props> {
  const request = { ...resource(kind), olds, news, randomSeed: new Uint8Array([1, 2, 3]) };
  const { inputs, failures } = await emulator.check(request);
  assert.deepEqual(failures, []);
  return inputs;
}

/** One resource, taken through its life as the engine would. */
class Managed {
  readonly kind: Kind;
  id: string;
  inputs: Props;
  outputs: Props;

  constructor(kind: Kind, id: string, inputs: Props, outputs: Props) {
    this.kind = kind;
    this.id = id;
    this.inputs = inputs;
    this.outputs = outputs;
  }

  static async create(kind: Kind, news: Props): Promise<Managed> {
    const inputs = await check(kind, news);
    const { signal } = new AbortController();
    const { id, outputs } = await emulator.create({ ...resource(kind), inputs, ...RUN, timeoutSeconds: 0, signal });
    const made = new Managed(kind, id, inputs, outputs);
    assert.deepEqual(await made.diff(news), { changes: false, replaces: [], diffs: [] }, "no change after a creation");
    return made;
  }

  async diff(news: Props) {
    const inputs = await check(this.kind, news, this.inputs);
    const request = { ...resource(this.kind), id: this.id, oldInputs: this.inputs, oldOutputs: this.outputs };
    return await emulator.diff({ ...request, news: inputs });
  }

  async update(news: Props): Promise<void> {
    const inputs = await check(this.kind, news, this.inputs);
    const request = { ...resource(this.kind), id: this.id, oldOutputs: this.outputs, ...RUN };
    this.outputs = (await emulator.update({ ...request, inputs })).outputs;
    this.inputs = inputs;
    assert.equal((await this.diff(news)).changes, false, "no change after an update");
  }

  /** @returns whether it is there */
  async refresh(): Promise<boolean> {
    const request = { ...resource(this.kind), id: this.id, inputs: this.inputs, outputs: this.outputs, peer: PEER };
    const found = await emulator.read(request);
    if (found) Object.assign(this, found);
    return found !== undefined;
  }

  async delete(): Promise<void> {
    await emulator.delete({ ...resource(this.kind), id: this.id, outputs: this.outputs, peer: PEER });
  }
}

function sql(statement: string, database = WORK): Promise<Record<string, unknown>[]> {
  return services.query("admin", services.admin, statement, database);
}

async function has(question: string, database?: string): Promise<unknown> {
  return (await sql(`SELECT (${question}) AS answer`, database))[0]?.answer;
}

before(async () => {
  services = await TestServer.open();
  emulator = new PostgresqlEmulator({
    token: async () => {
      tokens++;
      return await services.token(services.admin);
    },
  });
  await emulator.configure(PEER, config());
  // In database postgres an administrator may make no schema, as on Azure.
  await services.query("admin", services.admin, `CREATE DATABASE ${WORK}`);
});

after(() => services.close());

describe("configuration", () => {
  const refusals: [string, Record<string, string>, RegExp][] = [
    ["a password", { password: "secret-word" }, /Remove password and set azureIdentityAuth/],
    ["sslmode require", { sslmode: "require" }, /Set sslmode: "verify-full"/],
    ["no sslmode", { sslmode: "" }, /Set sslmode: "verify-full"/],
    ["no Entra authentication", { azureIdentityAuth: "false" }, /Set azureIdentityAuth: true/],
    ["no tenant", { azureTenantId: "" }, /Set azureTenantId/],
    ["a setting that it does not know", { awsRdsIamAuth: "true" }, /does not know the setting awsRdsIamAuth/],
    ["a port that is no number", { port: "55x" }, /port 55x/],
  ];
  for (const [what, overrides, message] of refusals) {
    test(`refuses ${what}`, async () => {
      await assert.rejects(emulator.configure("refused", config(overrides)), (error: Error) => {
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /secret-word/);
        return true;
      });
    });
  }

  const readNobody = (peer: string) =>
    emulator.read({ ...resource("Role"), id: "nobody", inputs: {}, outputs: { name: "nobody" }, peer });

  test("a provider instance takes one token, and another instance needs its own", async () => {
    tokens = 0;
    await emulator.configure("one", config());
    assert.equal(await readNobody("one"), undefined);
    assert.equal(await readNobody("one"), undefined);
    assert.equal(tokens, 1);
    await assert.rejects(readNobody("two"), /provider without a configuration/);
  });

  test("a server with an untrusted or a misnamed certificate is refused", async () => {
    const before = services.lines.length;
    await emulator.configure("untrusted", config({ sslrootcert: "" }));
    await assert.rejects(readNobody("untrusted"), /unable to verify|self-signed certificate/);
    // Another spelling of 127.0.0.1, which the certificate does not name.
    await emulator.configure("misnamed", config({ host: "127.1" }));
    await assert.rejects(readNobody("misnamed"), /does not match certificate's altnames/);
    await emulator.configure("address", config({ host: "::1" }));
    await assert.doesNotReject(readNobody("address"));
    const leaked = services.lines.slice(before).filter((line) => services.tokens.some((token) => line.includes(token)));
    assert.deepEqual(leaked, []);
  });

  test("an error about a refused login names the role and holds no token", async () => {
    await emulator.configure("stranger", config({ username: "stranger" }));
    await assert.rejects(readNobody("stranger"), (error: Error) => {
      assert.match(error.message, /as stranger/);
      assert.ok(services.tokens.every((token) => !error.message.includes(token)));
      return true;
    });
  });
});

describe("inputs", () => {
  const grant = { role: "r", database: "d", privileges: [] };
  const refused: [string, Kind, Props, RegExp][] = [
    ...(Object.keys(TYPES) as Kind[]).map((kind): [string, Kind, Props, RegExp] => [
      `an unknown property of ${kind}`,
      kind,
      { surprise: 1 },
      /no property "surprise"/,
    ]),
    ["a role's password", "Role", { password: "x" }, /Entra tokens only/],
    ["a role's write-only password", "Role", { passwordWo: "x" }, /Entra tokens only/],
    ["a schema's policies", "Schema", { policies: [] }, /postgresql\.Grant/],
    ["a text for a boolean", "Role", { login: "yes" }, /must be true or false/],
    ["a number out of bounds", "Role", { connectionLimit: -2 }, /at least -1/],
    ["a text for an array", "Role", { roles: "reader" }, /must be an array/],
    ["an unknown kind of object", "Grant", { ...grant, objectType: "tables" }, /allowed: "database"/],
    ["a missing property", "GrantRole", { role: "r" }, /missing required property "grantRole"/],
  ];
  for (const [what, kind, news, message] of refused) {
    test(`${what} is refused`, async () => {
      const { failures } = await emulator.check({ ...resource(kind), olds: {}, news, randomSeed: new Uint8Array(4) });
      assert.match(failures.map(({ reason }) => reason).join("; "), message);
    });
  }

  test("another type is refused", async () => {
    const request = { ...resource("Role"), type: "postgresql:index/function:Function", olds: {}, news: {} };
    await assert.rejects(emulator.check({ ...request, randomSeed: new Uint8Array(4) }), /does not emulate .*Function/);
  });

  test("a resource without a name gets seven hexadecimal digits and keeps them", async () => {
    const first = await check("Role", {});
    assert.match(String(first.name), /^it-[0-9a-f]{7}$/);
    assert.equal((await check("Role", {}, first)).name, first.name);
    assert.equal((await check("Role", { name: "given" }, first)).name, "given");
    const request = { ...resource("Role"), olds: {}, news: {}, randomSeed: new Uint8Array([9]) };
    const proposed = await emulator.check({ ...request, autonaming: { proposedName: "mine", mode: "enforce" } });
    assert.equal(proposed.inputs.name, "mine");
    const none = await emulator.check({ ...request, autonaming: { proposedName: "", mode: "disable" } });
    assert.equal(none.failures[0]?.property, "name");
  });

  test("a preview connects to nothing", async () => {
    const { signal } = new AbortController();
    const inputs = await check("Database", { name: UNKNOWN });
    const request = { ...resource("Database"), inputs, timeoutSeconds: 0, peer: "nobody", signal };
    const { id, outputs } = await emulator.create({ ...request, preview: true });
    assert.equal(id, "");
    assert.equal(outputs.owner, UNKNOWN);
    assert.equal(outputs.name, UNKNOWN);
    assert.equal(outputs.connectionLimit, -1);
  });
});

describe("on a real server", () => {
  test("Database: create, update, drift, and a delete that ends its sessions", async () => {
    const made = await Managed.create("Database", { name: 'shop "1"' });
    assert.equal(made.id, 'shop "1"');
    assert.deepEqual(made.outputs, {
      id: 'shop "1"',
      name: 'shop "1"',
      owner: "admin",
      template: "template0",
      encoding: "UTF8",
      lcCollate: made.outputs.lcCollate,
      lcCtype: made.outputs.lcCtype,
      tablespaceName: "pg_default",
      connectionLimit: -1,
      allowConnections: true,
      isTemplate: false,
      alterObjectOwnership: false,
    });
    await made.update({ name: 'shop "1"', connectionLimit: 7 });
    assert.equal(await has(`SELECT datconnlimit FROM pg_database WHERE datname = 'shop "1"'`), 7);
    await sql(`ALTER DATABASE "shop ""1""" CONNECTION LIMIT 9`);
    assert.equal(await made.refresh(), true);
    assert.deepEqual(await made.diff({ name: 'shop "1"', connectionLimit: 7 }), {
      changes: true,
      replaces: [],
      diffs: ["connectionLimit"],
    });
    assert.deepEqual(await made.diff({ name: 'shop "1"', connectionLimit: 9, encoding: "LATIN1" }), {
      changes: true,
      replaces: ["encoding"],
      diffs: ["encoding"],
      deleteBeforeReplace: true,
    });
    const session = await services.connect("admin", await services.token(services.admin), 'shop "1"');
    await made.delete();
    await assert.rejects(session.query("SELECT 1"));
    assert.equal(await made.refresh(), false);
  });

  test("Database: an automatic name survives a refresh and allows create-before-delete", async () => {
    const made = await Managed.create("Database", {});
    assert.match(made.id, /^it-[0-9a-f]{7}$/);
    const __defaults = ["allowConnections", "connectionLimit", "name"];
    const inputs = { name: made.id, allowConnections: true, connectionLimit: -1, __defaults };
    assert.deepEqual(made.inputs, inputs);
    assert.deepEqual(await made.diff({ lcCollate: "C.UTF-8" }), {
      changes: true,
      replaces: ["lcCollate"],
      diffs: ["lcCollate"],
    });
    await made.refresh();
    assert.deepEqual(made.inputs, inputs);
    await sql(`ALTER DATABASE "${made.id}" CONNECTION LIMIT 4`);
    await made.refresh();
    assert.deepEqual(made.inputs, { ...inputs, connectionLimit: 4, __defaults: ["allowConnections", "name"] });
    assert.deepEqual((await made.diff({})).diffs, ["connectionLimit"]);
    await made.update({});
    assert.equal((await made.diff({})).changes, false);
    await made.delete();
  });

  test("Database: the administrator is a member of another owner only during the work", async () => {
    await sql("CREATE ROLE keeper");
    const made = await Managed.create("Database", { name: "kept", owner: "keeper" });
    assert.equal(made.outputs.owner, "keeper");
    assert.equal(await has("pg_has_role('admin', 'keeper', 'SET')"), false);
    await made.delete();
    assert.equal(await has("pg_has_role('admin', 'keeper', 'SET')"), false);
    await sql("DROP ROLE keeper");
  });

  test("Database: a new owner gets the objects only with alterObjectOwnership", async () => {
    await sql("CREATE ROLE heir; CREATE ROLE second; GRANT heir, second TO admin");
    const made = await Managed.create("Database", { name: "owned", owner: "admin" });
    await sql("CREATE TABLE thing ()", "owned");
    const owner = () => has("SELECT tableowner::text FROM pg_tables WHERE tablename = 'thing'", "owned");
    await made.update({ name: "owned", owner: "heir" });
    assert.equal(await has("SELECT pg_get_userbyid(datdba)::text FROM pg_database WHERE datname = 'owned'"), "heir");
    assert.equal(await owner(), "admin");
    await sql("ALTER TABLE thing OWNER TO heir", "owned");
    await made.update({ name: "owned", owner: "second", alterObjectOwnership: true });
    assert.equal(await owner(), "second");
    await made.delete();
    await sql("DROP ROLE heir, second");
  });

  test("Role: create, update, drift, and a delete that reassigns its objects", async () => {
    await sql("CREATE ROLE readers");
    const made = await Managed.create("Role", {
      name: "app",
      login: true,
      roles: ["readers"],
      searchPaths: ["Odd Name", "public"],
      statementTimeout: 5000,
    });
    assert.equal(made.id, "app");
    assert.equal(made.outputs.inherit, true);
    assert.equal(made.outputs.validUntil, "infinity");
    assert.equal("password" in made.outputs, false);
    assert.equal(made.outputs.assumeRole, "");
    assert.equal(await has("pg_has_role('app', 'readers', 'MEMBER')"), true);
    assert.deepEqual(await has("SELECT rolconfig FROM pg_roles WHERE rolname = 'app'"), [
      'search_path="Odd Name", public',
      "statement_timeout=5000",
    ]);
    const news = { name: "app", login: false, connectionLimit: 3, assumeRole: "readers" };
    await made.update(news);
    assert.equal(await has("pg_has_role('app', 'readers', 'MEMBER')"), false);
    assert.deepEqual(await sql("SELECT rolcanlogin, rolconnlimit, rolconfig FROM pg_roles WHERE rolname = 'app'"), [
      { rolcanlogin: false, rolconnlimit: 3, rolconfig: ["role=readers"] },
    ]);
    await sql("GRANT readers TO app; ALTER ROLE app CREATEDB");
    assert.equal(await made.refresh(), true);
    assert.deepEqual((await made.diff(news)).diffs.sort(), ["createDatabase", "roles"]);
    await sql("GRANT app TO admin; SET ROLE app; CREATE TEMPORARY TABLE t (); RESET ROLE; REVOKE app FROM admin");
    await made.delete();
    assert.equal(await made.refresh(), false);
    await sql("DROP ROLE readers");
  });

  test("Role: a refresh finds a renamed role under its new name", async () => {
    const made = await Managed.create("Role", { name: "before" });
    await made.update({ name: "after" });
    assert.equal(made.id, "before", "the engine keeps the id over an update");
    assert.equal(await made.refresh(), true);
    assert.equal(made.id, "after");
    await made.delete();
    assert.equal(await has("SELECT count(*)::int FROM pg_roles WHERE rolname IN ('before', 'after')"), 0);
  });

  test("Schema: create, update, drift, delete, with the id database.schema", async () => {
    await sql("CREATE ROLE librarian");
    const made = await Managed.create("Schema", { name: "library", database: WORK });
    assert.equal(made.id, "work.library");
    assert.deepEqual(made.outputs, {
      id: "work.library",
      name: "library",
      database: WORK,
      owner: "admin",
      ifNotExists: true,
      dropCascade: false,
      policies: [],
    });
    await sql("GRANT librarian TO admin");
    await made.update({ name: "archive", database: WORK, owner: "librarian" });
    assert.equal(
      await has("SELECT pg_get_userbyid(nspowner)::text FROM pg_namespace WHERE nspname = 'archive'"),
      "librarian",
    );
    await sql("ALTER SCHEMA archive OWNER TO admin");
    await made.refresh();
    assert.deepEqual((await made.diff({ name: "archive", database: WORK, owner: "librarian" })).diffs, ["owner"]);
    await made.delete();
    assert.equal(await made.refresh(), false);
    await sql("DROP ROLE librarian");
  });

  test("Schema: an existing one is adopted, and only dropCascade drops its tables", async () => {
    const database = await Managed.create("Database", { name: "books" });
    await sql("CREATE SCHEMA fiction; CREATE TABLE fiction.novel ()", "books");
    const news = { name: "fiction", database: "books" };
    const made = await Managed.create("Schema", news);
    await assert.rejects(made.delete(), /cannot drop schema fiction because other objects depend on it/);
    await made.update({ ...news, dropCascade: true });
    await made.delete();
    assert.equal(await has("SELECT count(*)::int FROM pg_namespace WHERE nspname = 'fiction'", "books"), 0);
    await database.delete();
    assert.equal(await made.refresh(), false, "nor when the database is gone");
  });

  test("an import finds a database, a role and a schema by id, and refuses a grant", async () => {
    await sql("CREATE ROLE found; CREATE SCHEMA found_schema");
    const read = (kind: Kind, id: string) =>
      emulator.read({ ...resource(kind), id, inputs: {}, outputs: {}, peer: PEER });
    assert.equal((await read("Role", "found"))?.inputs.name, "found");
    assert.equal((await read("Database", "postgres"))?.outputs.name, "postgres");
    assert.equal((await read("Schema", "work.found_schema"))?.outputs.owner, "admin");
    await assert.rejects(read("Schema", "found_schema"), /database\.schema/);
    await assert.rejects(read("Grant", "found_postgres_database"), /cannot be imported/);
    await sql("DROP SCHEMA found_schema; DROP ROLE found");
  });

  test("GrantRole: create, drift, delete", async () => {
    await sql("CREATE ROLE team; CREATE ROLE member");
    const news = { role: "member", grantRole: "team" };
    const made = await Managed.create("GrantRole", news);
    assert.equal(made.id, "member_team_false");
    assert.equal(await has("pg_has_role('member', 'team', 'MEMBER')"), true);
    await sql("GRANT team TO member WITH ADMIN OPTION");
    await made.refresh();
    const { replaces } = await made.diff(news);
    assert.deepEqual(replaces, ["withAdminOption"]);
    await made.delete();
    assert.equal(await has("pg_has_role('member', 'team', 'MEMBER')"), false);
    assert.equal(await made.refresh(), false);
    await sql("DROP ROLE team, member");
  });
});

describe("Grant on a real server", () => {
  before(async () => {
    await sql(
      "CREATE ROLE reader; CREATE ROLE owner; GRANT owner TO admin; CREATE SCHEMA data AUTHORIZATION owner; SET ROLE owner; GRANT USAGE ON SCHEMA data TO admin; " +
        "CREATE TABLE data.one (a int, b int); CREATE TABLE data.two (); CREATE SEQUENCE data.ids; " +
        "CREATE FUNCTION data.f(integer, text) RETURNS int LANGUAGE sql AS 'SELECT 1'; RESET ROLE; REVOKE owner FROM admin",
    );
  });
  after(() => sql("DROP SCHEMA IF EXISTS data CASCADE").catch(() => {}));

  const on = { role: "reader", database: WORK };

  test("on a database, an update revokes privileges", async () => {
    await sql("CREATE DATABASE granted");
    const news = { role: "reader", database: "granted", objectType: "database", privileges: ["CONNECT", "CREATE"] };
    const made = await Managed.create("Grant", news);
    assert.equal(made.id, "reader_granted_database");
    assert.equal(await has("has_database_privilege('reader', 'granted', 'CREATE')"), true);
    await made.update({ ...news, privileges: ["CONNECT"] });
    assert.equal(await has("has_database_privilege('reader', 'granted', 'CREATE')"), false);
    await sql("GRANT TEMPORARY ON DATABASE granted TO reader");
    await made.refresh();
    assert.deepEqual(made.outputs.privileges, ["CONNECT", "TEMPORARY"]);
    assert.deepEqual((await made.diff({ ...news, privileges: ["CONNECT"] })).diffs, ["privileges"]);
    await made.delete();
    const acl = "SELECT coalesce(datacl::text, '') FROM pg_database WHERE datname = 'granted'";
    assert.doesNotMatch(String(await has(acl)), /reader/);
    await sql("DROP DATABASE granted");
    assert.equal(await made.refresh(), false);
  });

  test("on another owner's database nothing is granted, which only a refresh shows", async () => {
    await sql("CREATE ROLE stranger; GRANT stranger TO admin");
    await sql("CREATE DATABASE theirs OWNER stranger");
    await sql("REVOKE stranger FROM admin");
    const news = { role: "reader", database: "theirs", objectType: "database", privileges: ["TEMPORARY", "CONNECT"] };
    const made = await Managed.create("Grant", news);
    assert.deepEqual(made.outputs.privileges, ["CONNECT", "TEMPORARY"], "a set is in alphabetical order");
    const acl = "SELECT coalesce(datacl::text, '') FROM pg_database WHERE datname = 'theirs'";
    assert.doesNotMatch(String(await has(acl)), /reader/);
    await made.refresh();
    assert.deepEqual((await made.diff(news)).diffs, ["privileges"]);
    await sql("GRANT stranger TO admin");
    await sql("DROP DATABASE theirs");
    await sql("DROP ROLE stranger");
  });

  test("on another role's schema; the order of privileges is not a difference", async () => {
    const news = { ...on, schema: "data", objectType: "schema", privileges: ["USAGE", "CREATE"] };
    const made = await Managed.create("Grant", news);
    assert.equal(made.id, "reader_work_data_schema");
    assert.equal((await made.diff({ ...news, privileges: ["CREATE", "USAGE"] })).changes, false);
    assert.equal(await has("has_schema_privilege('reader', 'data', 'CREATE')"), true);
    assert.equal(await has("pg_has_role('admin', 'owner', 'SET')"), false, "the membership ends with the work");
    await made.delete();
    assert.equal(await has("has_schema_privilege('reader', 'data', 'USAGE')"), false);
  });

  test("on all tables of a schema, a table without the privilege is drift", async () => {
    const news = { ...on, schema: "data", objectType: "table", privileges: ["SELECT"] };
    const made = await Managed.create("Grant", news);
    assert.equal(await has("has_table_privilege('reader', 'data.two', 'SELECT')"), true);
    await sql(
      "GRANT owner TO admin; SET ROLE owner; REVOKE SELECT ON data.two FROM reader; RESET ROLE; REVOKE owner FROM admin",
    );
    await made.refresh();
    assert.equal(made.outputs.privileges, undefined);
    assert.equal("privileges" in made.inputs, false);
    assert.deepEqual((await made.diff(news)).diffs, ["privileges"]);
    await made.update(news);
    assert.equal(await has("has_table_privilege('reader', 'data.two', 'SELECT')"), true);
    await made.delete();
    assert.equal(await has("has_table_privilege('reader', 'data.one', 'SELECT')"), false);
  });

  const EXECUTE = "SELECT proacl::text LIKE '%reader=X%' FROM pg_proc WHERE proname = 'f'";
  const granted: [string, Props, string, string][] = [
    [
      "on a named table, ALL means every privilege",
      { objectType: "table", objects: ["one"], privileges: ["ALL"], withGrantOption: true },
      "has_table_privilege('reader', 'data.one', 'MAINTAIN WITH GRANT OPTION')",
      "has_table_privilege('reader', 'data.two', 'SELECT')",
    ],
    [
      "on a column of a table",
      { objectType: "column", objects: ["one"], columns: ["b"], privileges: ["UPDATE"] },
      "has_column_privilege('reader', 'data.one', 'b', 'UPDATE')",
      "has_column_privilege('reader', 'data.one', 'a', 'UPDATE')",
    ],
    [
      "on all sequences of a schema",
      { objectType: "sequence", privileges: ["USAGE", "SELECT"] },
      "has_sequence_privilege('reader', 'data.ids', 'USAGE')",
      "has_sequence_privilege('reader', 'data.ids', 'UPDATE')",
    ],
    [
      "on a function with argument types",
      { objectType: "function", objects: ["f(integer, text)"], privileges: ["EXECUTE"] },
      EXECUTE,
      "has_schema_privilege('reader', 'data', 'CREATE')",
    ],
  ];
  for (const [name, news, given, withheld] of granted) {
    test(name, async () => {
      const made = await Managed.create("Grant", { ...on, schema: "data", ...news });
      assert.deepEqual([await has(given), await has(withheld)], [true, false]);
      await made.delete();
      assert.notEqual(await has(given), true);
    });
  }

  test("the id of a grant does not depend on the order of the objects", async () => {
    const news = { ...on, schema: "data", objectType: "table", objects: ["two", "one"], privileges: ["SELECT"] };
    const made = await Managed.create("Grant", news);
    assert.equal(made.id, "reader_work_data_table_one_two");
    await made.delete();
  });

  test("unknown privileges and impossible targets are refused before any SQL", async () => {
    const refused = (news: Props, message: RegExp) =>
      assert.rejects(Managed.create("Grant", { ...on, ...news }), message);
    const table = { schema: "data", objectType: "table" };
    await refused({ ...table, privileges: ["SELECT ON data.one TO public; --"] }, /not an allowed privilege/);
    await refused({ ...table, privileges: ["EXECUTE"] }, /EXECUTE is not an allowed privilege for object type table/);
    await refused({ objectType: "table", privileges: [] }, /'schema' is mandatory/);
    await refused({ objectType: "database", objects: ["x"], privileges: [] }, /objects cannot be given/);
    await refused(
      {
        schema: "data",
        objectType: "function",
        objects: ['f(int) TO public; DROP TABLE data."one"; --)'],
        privileges: ["EXECUTE"],
      },
      /argument types with other characters/,
    );
    assert.equal(await has("to_regclass('data.one') IS NOT NULL"), true);
  });

  test("DefaultPrivileges: create, update, drift, delete", async () => {
    const news = { ...on, owner: "owner", schema: "data", objectType: "table", privileges: ["SELECT", "INSERT"] };
    const made = await Managed.create("DefaultPrivileges", news);
    assert.equal(made.id, "reader_work_data_owner_table");
    const create = (name: string) =>
      sql(`GRANT owner TO admin; SET ROLE owner; CREATE TABLE data.${name} (); RESET ROLE; REVOKE owner FROM admin`);
    await create("three");
    assert.equal(await has("has_table_privilege('reader', 'data.three', 'INSERT')"), true);
    await made.update({ ...news, privileges: ["SELECT"] });
    await create("four");
    assert.equal(await has("has_table_privilege('reader', 'data.four', 'INSERT')"), false);
    const grant = (verb: string) =>
      sql(
        `GRANT owner TO admin; ALTER DEFAULT PRIVILEGES FOR ROLE owner IN SCHEMA data ${verb} reader; REVOKE owner FROM admin`,
      );
    await grant("GRANT DELETE ON TABLES TO");
    await made.refresh();
    assert.deepEqual(made.outputs.privileges, ["DELETE", "SELECT"]);
    await made.delete();
    assert.equal(await has("SELECT count(*)::int FROM pg_default_acl"), 0);
    assert.equal(await made.refresh(), false);
    const everywhere = await Managed.create("DefaultPrivileges", {
      ...on,
      owner: "owner",
      objectType: "sequence",
      privileges: ["USAGE"],
    });
    assert.equal(everywhere.id, "reader_work_noschema_owner_sequence");
    await everywhere.delete();
  });
});

describe("extensions", () => {
  const trigrams = { name: "pg_trgm", database: WORK, schema: "public" };

  test("an extension that azure.extensions does not list is refused, with an error of the table", async () => {
    await services.server.setConfiguration("azure.extensions", "CITEXT");
    await assert.rejects(Managed.create("Extension", trigrams), (error: Error) => {
      assert.match(error.message, /"pg_trgm" is not allow-listed .*SQLSTATE 0A000/);
      assert.equal(errorFor({ text: error.message }), "EP-ACCESS-13");
      return true;
    });
    assert.equal(await has("SELECT count(*)::int FROM pg_extension WHERE extname = 'pg_trgm'"), 0);
  });

  test("a listed extension is created where it is asked for, and dropped", async () => {
    await services.server.setConfiguration("azure.extensions", "PG_TRGM");
    const extension = await Managed.create("Extension", trigrams);
    const schema = "SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'pg_trgm'";
    assert.equal(await has(schema), "public");
    assert.ok(await extension.refresh());
    await extension.delete();
    assert.equal(await extension.refresh(), false);
  });
});
