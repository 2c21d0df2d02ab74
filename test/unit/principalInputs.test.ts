import assert from "node:assert/strict";
import { test } from "node:test";
import { inputProblems, type PrincipalInputs, UNKNOWN } from "../../components/principal/inputs.ts";
import { diff } from "../../components/principal/runtime.ts";

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
  waitSeconds: 180,
};

test("good inputs have no problems, and values that are not known yet pass", () => {
  assert.deepEqual(inputProblems(good), []);
  assert.deepEqual(inputProblems({ ...good, objectId: UNKNOWN, clientId: UNKNOWN, host: UNKNOWN }), []);
});

test("each bad input is named with its property, all at once", () => {
  const problems = inputProblems({
    ...good,
    objectId: "{aaaaaaaa}",
    principalType: "ServicePrincipal",
    bindBy: "oid",
    onConflict: "force",
    waitSeconds: -1,
  });
  assert.deepEqual(
    problems.map(({ property }) => property),
    ["objectId", "principalType", "bindBy", "onConflict", "waitSeconds"],
  );
  assert.match(problems[1]?.reason ?? "", /service, user, group/);
});

test("the client id in place of the object id is recognised, in any case", () => {
  const [problem] = inputProblems({ ...good, objectId: "CCCCCCCC-0000-0000-0000-000000000001" });
  assert.match(problem?.reason ?? "", /is the client id .* give its object id/);
});

test("the administrator's own role is refused", () => {
  assert.match(inputProblems({ ...good, roleName: good.adminUser })[0]?.reason ?? "", /needs a role of its own/);
});

test("a new object id is a change in place, whatever its case; a new name, database or server is another role", async () => {
  assert.deepEqual(await diff("", good, { ...good, objectId: good.objectId.toUpperCase() }), {
    changes: false,
    replaces: [],
  });
  const rebound = await diff("", good, { ...good, objectId: "aaaaaaaa-0000-0000-0000-000000000002" });
  assert.deepEqual(rebound, { changes: true, replaces: [] });
  assert.deepEqual((await diff("", good, { ...good, roleName: "billing", host: "other" })).replaces, [
    "host",
    "roleName",
  ]);
});

test("the stored text of the provider is no change", async () => {
  const olds = { ...good, __provider: "old text" } as PrincipalInputs;
  assert.deepEqual(await diff("", olds, { ...good, __provider: "new text" } as PrincipalInputs), {
    changes: false,
    replaces: [],
  });
});
