import assert from "node:assert/strict";
import { test } from "node:test";
import type { DatabaseAccessArgs } from "entra-postgres";
import { PRIVILEGE_WORDS } from "../../../components/access/privilegeWords.ts";
import { inputsOf, type Registered, recordResources, resolved, settled } from "../../harness/mocks.ts";

const args: DatabaseAccessArgs = {
  host: "db.example",
  adminUser: "db-admins",
  tenantId: "t",
  database: "shop",
  schema: "orders",
};

async function access(changes: Partial<DatabaseAccessArgs> = {}) {
  const registered = await recordResources();
  const { DatabaseAccess } = await import("entra-postgres");
  let component: InstanceType<typeof DatabaseAccess>;
  try {
    component = new DatabaseAccess("orders", { ...args, ...changes });
  } catch (error) {
    // The component itself has been registered by then.
    await settled();
    throw error;
  }
  const member = await resolved(component.migrator);
  await settled(component);
  return { registered, component, member };
}

/** The names of everything that was made, in the order in which it was. */
const named = (registered: Registered[], type: string) =>
  registered.filter((each) => each.type === type).map(({ name }) => name);

test("four group roles without login, each a member of the one before, and an owner of the schema", async () => {
  const { registered, member } = await access();
  const roles = inputsOf(registered, "postgresql:index/role:Role");
  assert.deepEqual(
    roles.map(({ name, login, roles }) => [name, login, roles]),
    [
      ["shop_orders_reader", false, []],
      ["shop_orders_writer", false, ["shop_orders_reader"]],
      ["shop_orders_migrator", false, ["shop_orders_writer"]],
      ["shop_orders_owner", false, []],
    ],
  );
  const [schema] = inputsOf(registered, "postgresql:index/schema:Schema");
  assert.deepEqual([schema?.name, schema?.owner, schema?.dropCascade], ["orders", "shop_orders_owner", false]);
  assert.equal(member, "shop_orders_migrator");
});

test("the provider logs in to the target database as the administrator, by token and over verified TLS", async () => {
  const { registered } = await access({ caCertFile: "ca.pem" });
  const [provider] = inputsOf(registered, "pulumi:providers:postgresql");
  assert.deepEqual(
    [provider?.database, provider?.username, provider?.sslmode, provider?.azureIdentityAuth, provider?.sslrootcert],
    ["shop", "db-admins", "verify-full", "true", "ca.pem"],
  );
  assert.equal(provider?.password, undefined);
});

test("tables made later are covered, and a function made later is not everybody's", async () => {
  const { registered } = await access();
  const defaults = inputsOf(registered, "postgresql:index/defaultPrivileges:DefaultPrivileges");
  const owner = "shop_orders_migrator";
  const forTables = defaults.filter((each) => each.owner === owner && each.objectType === "table");
  assert.deepEqual(
    forTables.map(({ role, privileges, schema }) => [role, privileges, schema]),
    [
      ["shop_orders_reader", ["SELECT"], "orders"],
      ["shop_orders_writer", ["INSERT", "UPDATE", "DELETE"], "orders"],
    ],
  );
  const [open] = defaults.filter((each) => each.owner === owner && each.role === "public");
  assert.deepEqual([open?.objectType, open?.privileges], ["function", []]);
});

test("nothing is granted before the schema is claimed, and nothing goes before its keeper says so", async () => {
  const { registered } = await access({ grants: [{ role: "etl", objectType: "table", privileges: ["TRUNCATE"] }] });
  const order = registered.filter(({ type }) => /^(postgresql|pulumi-nodejs)/.test(type)).map(({ name }) => name);
  assert.equal(order[0], "orders-claim");
  assert.equal(order.at(-1), "orders-keep");
  assert.equal(order.at(-2), "orders-grant-0");
});

test("onDelete: drop drops what the schema holds; retain keeps the schema", async () => {
  const { registered } = await access({ onDelete: "drop" });
  assert.equal(inputsOf(registered, "postgresql:index/schema:Schema")[0]?.dropCascade, true);
  assert.deepEqual(
    inputsOf(registered, "pulumi-nodejs:dynamic/entra-postgres:AccessGuard").map(({ duty, onDelete }) => [
      duty,
      onDelete,
    ]),
    [
      ["claim", "drop"],
      ["keep", "drop"],
    ],
  );
});

test("words that are no privilege or kind of object are refused all at once, with what is allowed", async () => {
  const refused = access({
    grants: [
      { role: "r", objectType: "table", privileges: ["SELECT, ALL", "select"] },
      { role: "r", objectType: "tables", privileges: ["SELECT"] },
      { role: "r", objectType: "schema", privileges: ["USAGE; DROP TABLE x"] },
      { role: "r", objectType: "sequence", privileges: [] },
    ],
  });
  await assert.rejects(refused, (error: { message: string; errors: { propertyPath: string; reason: string }[] }) => {
    const reasons = error.errors.map(({ propertyPath, reason }) => `${propertyPath} ${reason}`);
    assert.equal(reasons.length, 4);
    assert.match(reasons[0] ?? "", /^grants\[0\] .*"SELECT, ALL", "select"; allowed on a table: SELECT, INSERT, /);
    assert.match(reasons[1] ?? "", /^grants\[1\] .*"tables"; allowed: database, schema, table, sequence, function/);
    assert.match(reasons[2] ?? "", /allowed on a schema: CREATE, USAGE/);
    assert.match(reasons[3] ?? "", /no privileges; allowed on a sequence: USAGE, SELECT, UPDATE/);
    return true;
  });
});

test("names of roles and objects that PostgreSQL would cut, or that look like others, are refused all at once", async () => {
  const grant = { role: "etl", objectType: "table", privileges: ["TRUNCATE"] };
  const refused = access({
    grants: [
      { ...grant, objects: [`${"t".repeat(63)}X`] },
      { ...grant, role: `${"r".repeat(63)}X` },
      { ...grant, objects: ["fine", "a\0b"] },
      { ...grant, role: "etl\n" },
      { ...grant, objects: ["e\u0301"] },
      { ...grant, objectType: "function", privileges: ["EXECUTE"], objects: ["f(integer); DROP TABLE x"] },
      { ...grant, objects: [] },
    ],
  });
  await assert.rejects(refused, (error: { errors: { propertyPath: string; reason: string }[] }) => {
    const reasons = error.errors.map(({ propertyPath, reason }) => `${propertyPath} ${reason}`);
    assert.deepEqual(
      reasons.map((reason) => /^grants\[(\d)\]/.exec(reason)?.[1]),
      ["0", "1", "2", "3", "4", "5", "6"],
    );
    const [object = "", role = "", nul = "", line = "", form = "", types = "", none = ""] = reasons;
    assert.match(object, /has the object "t+X" has 64 bytes, the limit is 63: PostgreSQL would cut it to another name/);
    assert.match(role, /has the role "r+X" has 64 bytes, the limit is 63/);
    assert.match(nul, /has the object "a\\u0000b" holds the character U\+0000/);
    assert.match(line, /has the role "etl\\n" is empty or begins or ends with white space/);
    assert.match(form, /is not in Unicode normal form NFC/);
    assert.match(types, /whose argument types hold more than/);
    assert.match(none, /has no objects; leave `objects` out for all that are there/);
    return true;
  });
});

test("names of 63 bytes, names with apostrophes and functions with their arguments' types are taken", async () => {
  const { registered } = await access({
    grants: [
      { role: "o'brien@example.com", objectType: "table", objects: ["t".repeat(63)], privileges: ["TRUNCATE"] },
      { role: "etl", objectType: "function", objects: [`${"f".repeat(60)}(integer, text[])`], privileges: ["EXECUTE"] },
    ],
  });
  assert.equal(named(registered, "postgresql:index/grant:Grant").filter((name) => /-grant-/.test(name)).length, 2);
});

test("procedures are granted with the functions, and the keeper is told of the grants that are meant", async () => {
  const grants = [{ role: "etl", objectType: "table", objects: ["item"], privileges: ["TRUNCATE"] }];
  const { registered } = await access({ grants });
  const kinds = inputsOf(registered, "postgresql:index/grant:Grant").map(({ objectType }) => objectType);
  assert.deepEqual([kinds.includes("routine"), kinds.includes("function")], [true, false]);
  const [claim, keep] = inputsOf(registered, "pulumi-nodejs:dynamic/entra-postgres:AccessGuard");
  assert.deepEqual([claim?.grants, claim?.drift], [undefined, undefined]);
  assert.deepEqual([keep?.grants, keep?.drift], [grants, []]);
});

test("each word of each kind of object is taken", async () => {
  const grants = Object.entries(PRIVILEGE_WORDS).map(([objectType, privileges]) => ({
    role: "r",
    objectType,
    privileges: [...privileges],
  }));
  const { registered } = await access({ grants });
  assert.equal(named(registered, "postgresql:index/grant:Grant").filter((name) => /-grant-/.test(name)).length, 5);
});

test("a profile that is none is refused with those that are", async () => {
  const { component } = await access();
  assert.throws(() => component.membership("admin"), /"admin" is no profile; allowed: reader, writer, migrator, owner/);
});

test("a member finds its schema's tables by their names alone, and extensions in public", async () => {
  const { component } = await access();
  for (const profile of ["reader", "migrator"]) {
    assert.deepEqual(await resolved(component.membership(profile).searchPath), { shop: ["orders", "public"] });
  }
});

test("who may create acts as the profile's role; who may not, as itself", async () => {
  const { component } = await access();
  assert.deepEqual(await resolved(component.membership("migrator").actsAs), { shop: "shop_orders_migrator" });
  assert.deepEqual(await resolved(component.membership("owner").actsAs), { shop: "shop_orders_migrator" });
  const [migrator, owner] = component.membership("owner").memberOf;
  assert.ok(migrator && owner);
  assert.deepEqual([await resolved(migrator), await resolved(owner)], ["shop_orders_migrator", "shop_orders_owner"]);
  assert.deepEqual(await resolved(component.membership("writer").actsAs), {});
});

const administrators = [{ objectId: "dddddddd-0000-0000-0000-000000000001", name: "db-admins", type: "Group" }];

test("the guards are told of the administrators, and only they are", async () => {
  const { registered } = await access({ administrators });
  const guards = inputsOf(registered, "pulumi-nodejs:dynamic/entra-postgres:AccessGuard");
  assert.equal(guards.length, 2);
  for (const guard of guards) assert.deepEqual(guard.administrators, administrators);
  const [provider] = inputsOf(registered, "pulumi:providers:postgresql");
  assert.ok(provider && !("administrators" in provider));
});

test("other administrators change a guard without effects, and a list that is none is refused", async () => {
  const { check, diff, update } = await import("../../../components/access/accessGuardRuntime.ts");
  // Nothing listens there.
  const login = { host: "localhost", port: 1, database: "shop", schema: "orders", adminUser: "db-admins" };
  const guard = { ...login, duty: "claim", deadlineSeconds: 1 };
  const told = { ...guard, administrators };
  assert.deepEqual(await diff("", guard, told), { changes: true, replaces: [], deleteBeforeReplace: true });
  assert.equal((await diff("", told, { ...told, administrators: structuredClone(administrators) })).changes, false);
  assert.deepEqual((await update("", guard, told)).outs, told);
  const odd = { ...guard, administrators: ["db-admins"] as unknown as typeof administrators };
  assert.deepEqual((await check(guard, odd)).failures, [
    { property: "administrators", reason: 'has "db-admins" at 0, without objectId; each needs objectId, name, type' },
  ]);
});
