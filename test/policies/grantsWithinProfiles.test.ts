import assert from "node:assert/strict";
import { test } from "node:test";
import { PROFILES, RIGHTS } from "../../components/access/profiles.ts";
import { grantsWithinProfiles as rule } from "../../policies/rules/grantsWithinProfiles.ts";
import { judge, messages, UNKNOWN, UNKNOWN_LIST, UNTOUCHABLE } from "./judged.ts";

const type = "postgresql:index/grant:Grant";
const grant = (role: unknown, objectType: unknown, privileges: unknown, config = {}, more = {}) =>
  judge(rule, { type, name: "grant", props: { role, objectType, privileges, ...more } }, config);

test("each profile may be granted what it has and what those before it have, and nothing of those after it", () => {
  for (const [at, profile] of PROFILES.entries()) {
    for (const [beside, other] of PROFILES.entries()) {
      for (const { objectType, privileges } of RIGHTS[other]) {
        const judged = grant(`shop_orders_${profile}`, objectType, privileges);
        assert.equal(judged.violations.length === 0, beside <= at, `${profile}: ${objectType} ${privileges}`);
      }
    }
  }
});

test("what no profile has is refused for any role", () => {
  for (const [objectType, privilege] of [
    ["table", "TRUNCATE"],
    ["table", "ALL"],
    ["database", "CREATE"],
    ["sequence", "UPDATE"],
    ["foreign_server", "USAGE"],
  ]) {
    const judged = messages(grant("somebody", objectType, ["SELECT", privilege]));
    assert.match(judged.join(), new RegExp(`^"grant" grants more on a ${objectType} `), `${objectType} ${privilege}`);
  }
  assert.deepEqual(grant("somebody", "table", ["SELECT", "insert"]), { violations: [] });
  assert.deepEqual(grant("somebody", "table", []), { violations: [] });
});

test("handing rights on is refused, and default privileges are judged the same", () => {
  const handedOn = grant("shop_orders_reader", "table", ["SELECT"], {}, { withGrantOption: true });
  assert.match(messages(handedOn).join(), /withGrantOption must be false/);
  const props = { role: "shop_orders_reader", objectType: "table", privileges: ["DELETE"] };
  for (const later of ["defaultPrivileges:DefaultPrivileges", "defaultPrivileg:DefaultPrivileg"]) {
    assert.equal(judge(rule, { type: `postgresql:index/${later}`, props }).violations.length, 1, later);
  }
});

test("a schema's own policies, which grant too, are refused; a schema without them passes", () => {
  const schema = (policies: unknown) =>
    judge(rule, { type: "postgresql:index/schema:Schema", name: "orders", props: { name: "orders", policies } });
  for (const policy of [
    { role: "public", createWithGrant: true },
    { role: "shop_orders_reader", usage: true },
  ]) {
    assert.match(messages(schema([policy])).join(), /^"orders" grants by its policies/);
  }
  for (const none of [undefined, []]) assert.deepEqual(schema(none), { violations: [] });
  assert.match(schema(UNKNOWN_LIST).waits ?? "", /policies of "orders"/);
});

test("procedures are functions, by any name", () => {
  for (const kind of ["function", "procedure", "routine"]) {
    assert.deepEqual(grant("shop_orders_reader", kind, ["EXECUTE"]), { violations: [] }, kind);
  }
});

test("columns are part of their table", () => {
  assert.deepEqual(grant("shop_orders_reader", "column", ["SELECT"]), { violations: [] });
  assert.equal(grant("shop_orders_reader", "column", ["UPDATE"]).violations.length, 1);
  assert.equal(grant("shop_orders_writer", "column", ["REFERENCES"]).violations.length, 1);
});

test("rights beyond the profiles can be allowed, each by its kind", () => {
  const config = { additional: ["table TRUNCATE"] };
  assert.deepEqual(grant("shop_orders_writer", "table", ["TRUNCATE"], config), { violations: [] });
  assert.equal(grant("shop_orders_writer", "database", ["TRUNCATE"], config).violations.length, 1);
  const { items } = rule.configSchema?.properties.additional ?? {};
  const pattern = new RegExp(typeof items === "object" && "pattern" in items ? (items.pattern ?? "") : "");
  assert.deepEqual(
    ["table TRUNCATE", "TRUNCATE", "table truncate", "foreign_tables SELECT"].map((text) => pattern.test(text)),
    [true, false, false, false],
  );
  for (const kind of ["column", "procedure", "routine", "foreign_server", "foreign_data_wrapper"]) {
    assert.ok(pattern.test(`${kind} USAGE`), kind);
    assert.equal(grant("shop_orders_writer", kind, ["USAGE"]).violations.length, 1, kind);
    assert.deepEqual(grant("shop_orders_writer", kind, ["USAGE"], { additional: [`${kind} USAGE`] }), {
      violations: [],
    });
  }
});

test("a privilege beyond every profile decides, whoever gets it; else an unknown role or kind waits for up", () => {
  assert.equal(grant(UNKNOWN, "table", ["TRUNCATE"]).violations.length, 1);
  assert.match(grant(UNKNOWN, "table", ["DELETE"]).waits ?? "", /role of "grant"/);
  assert.match(grant("shop_orders_reader", UNKNOWN, ["DELETE"]).waits ?? "", /objectType of "grant"/);
  assert.match(grant("shop_orders_reader", "table", UNKNOWN_LIST).waits ?? "", /privileges of "grant"/);
  const half = grant("shop_orders_reader", "table", [UNKNOWN, "TRUNCATE"]);
  assert.equal(half.violations.length, 1);
});

test("other resources are not looked at", () => {
  const other = "postgresql:index/database:Database";
  assert.match(judge(rule, { type: other, props: UNTOUCHABLE }).notApplicable ?? "", /grant/);
});
