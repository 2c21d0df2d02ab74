import assert from "node:assert/strict";
import { test } from "node:test";
import { UNKNOWN } from "../../../components/postgres/fieldDiff.ts";
import { inputProblems, type PrincipalInputs } from "../../../components/principal/inputs.ts";
import type { PrincipalOutputs } from "../../../components/principal/reading.ts";
import { diff } from "../../../components/principal/runtime.ts";

const good: PrincipalInputs = {
  host: "db.example",
  port: 5432,
  database: "postgres",
  adminUser: "admin@example.com",
  roleName: "orders",
  objectId: "aaaaaaaa-0000-0000-0000-000000000001",
  clientId: "cccccccc-0000-0000-0000-000000000001",
  principalType: "service",
  isAdmin: false,
  isMfa: false,
  bindBy: "name",
  onConflict: "refuse",
  canLogin: true,
  onDelete: "refuse",
  waitSeconds: 180,
  deadlineSeconds: 300,
  owner: "urn:pulumi:dev::app::orders",
};
/** What the engine keeps of it. */
const state: PrincipalOutputs = { ...good, message: "", instance: "i", roleOid: "16400" };

test("valid inputs and unknown values pass", () => {
  assert.deepEqual(inputProblems(good), []);
  const unknown = Object.fromEntries(Object.keys(good).map((key) => [key, UNKNOWN]));
  assert.deepEqual(inputProblems({ ...good, ...unknown, memberOf: UNKNOWN as unknown as string[] }), []);
});

test("all invalid inputs are reported at once", () => {
  const problems = inputProblems({
    ...good,
    objectId: "{aaaaaaaa}",
    principalType: "ServicePrincipal",
    bindBy: "oid",
    onConflict: "force",
    onDelete: "destroy",
    reassignTo: " ",
    memberOf: ["azure_pg_admin"],
    waitSeconds: -1,
    deadlineSeconds: 0,
    serverId: "my-server",
    isMfa: true,
  });
  assert.deepEqual(
    problems.map(({ property }) => property),
    [
      "objectId",
      "principalType",
      "bindBy",
      "onConflict",
      "onDelete",
      "reassignTo",
      "memberOf",
      "waitSeconds",
      "deadlineSeconds",
      "serverId",
    ],
  );
  assert.match(problems[1]?.reason ?? "", /service, user, group/);
});

test("unknown, missing and mistyped arguments are reported at once", () => {
  const { objectId: _, ...rest } = good;
  const given = {
    ...rest,
    port: "5432",
    memberOf: "readers",
    clientId: null,
    onDelte: "drop",
    bindBy: "oid",
    __provider: "",
  };
  const problems = inputProblems(given as unknown as PrincipalInputs);
  assert.deepEqual(
    problems.map(({ property }) => property),
    ["onDelte", "port", "objectId", "clientId", "memberOf", "bindBy"],
  );
  const [stray, port, objectId, clientId, memberOf] = problems.map(({ reason }) => reason);
  assert.match(stray ?? "", /^is an unknown argument; valid arguments: .*onDelete/);
  assert.deepEqual([port, objectId], ['"5432" is not a number', "is missing"]);
  assert.deepEqual([clientId, memberOf], ["null is not a string", '"readers" is not a list']);
});

test("a client id in place of the object id is refused, in any case", () => {
  const [problem] = inputProblems({ ...good, objectId: "CCCCCCCC-0000-0000-0000-000000000001" });
  assert.match(problem?.reason ?? "", /is the client id .* give its object id/);
});

test("the administrator's own role is refused", () => {
  assert.match(inputProblems({ ...good, roleName: good.adminUser })[0]?.reason ?? "", /needs a role of its own/);
});

test("isMfa is refused for a service", () => {
  assert.deepEqual(
    inputProblems({ ...good, isMfa: true }).map(({ property }) => property),
    ["isMfa"],
  );
});

test("a new object id or name is an update, a new server a replacement", async () => {
  const changed = (news: Partial<PrincipalInputs>) => diff("", state, { ...good, ...news });
  assert.equal((await changed({ objectId: good.objectId.toUpperCase() })).changes, false);
  const rebound = await changed({ objectId: "aaaaaaaa-0000-0000-0000-000000000002" });
  assert.deepEqual([rebound.changes, rebound.replaces], [true, []]);
  const renamed = await changed({ roleName: "billing" });
  assert.deepEqual([renamed.changes, renamed.replaces], [true, []]);
  const moved = await changed({ host: "other" });
  assert.deepEqual([moved.replaces, moved.deleteBeforeReplace], [["host"], true]);
});

test("a change of any other input is an update", async () => {
  for (const news of [
    { canLogin: false },
    { isAdmin: true },
    { memberOf: ["readers"] },
    { onDelete: "drop" },
    { owner: "urn:pulumi:prod::app::orders" },
    { serverId: "x" },
  ]) {
    const { changes, replaces } = await diff("", state, { ...good, ...news });
    assert.deepEqual([changes, replaces], [true, []], JSON.stringify(news));
  }
});

test("the order of memberships does not count", async () => {
  const [one, other] = [{ memberOf: ["a", "b"] }, { memberOf: ["b", "a"] }];
  assert.equal((await diff("", { ...state, ...one }, { ...good, ...other })).changes, false);
});

test("the stored text of the provider does not count", async () => {
  const olds = { ...state, __provider: "old text" } as PrincipalOutputs;
  const news = { ...good, __provider: "new text" } as PrincipalInputs;
  assert.equal((await diff("", olds, news)).changes, false);
});

const administrators = [
  { objectId: "dddddddd-0000-0000-0000-000000000001", name: "db-admins", type: "Group" },
  { objectId: "dddddddd-0000-0000-0000-000000000002", name: "ci", type: "ServicePrincipal" },
];

test("each administrator needs an object id, a name and a type", () => {
  assert.deepEqual(inputProblems({ ...good, administrators }), []);
  const half = [{ objectId: "dddddddd-0000-0000-0000-000000000001", name: "db-admins" }];
  const [problem] = inputProblems({ ...good, administrators: half as typeof administrators });
  assert.equal(problem?.property, "administrators");
  assert.match(problem?.reason ?? "", /at 0, without type; each needs objectId, name, type/);
  const word = "db-admins" as unknown as typeof administrators;
  assert.equal(inputProblems({ ...good, administrators: word })[0]?.reason, '"db-admins" is not a list');
});

test("other administrators are an update; the order of their fields does not count", async () => {
  const known = { ...state, administrators };
  const turned = administrators.map(({ type, name, objectId }) => ({ type, name, objectId }));
  assert.equal((await diff("", known, { ...good, administrators: turned })).changes, false);
  const changed = await diff("", known, { ...good, administrators: administrators.slice(0, 1) });
  assert.deepEqual([changed.changes, changed.replaces], [true, []]);
  assert.deepEqual((await diff("", state, { ...good, administrators })).replaces, []);
});
