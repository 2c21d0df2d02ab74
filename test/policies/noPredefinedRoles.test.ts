import assert from "node:assert/strict";
import { test } from "node:test";
import { noPredefinedRoles as rule } from "../../policies/rules/noPredefinedRoles.ts";
import { judge, messages, UNKNOWN, UNTOUCHABLE } from "./judged.ts";

const MEMBERSHIP = "postgresql:index/grantRole:GrantRole";
const ROLE = "postgresql:index/role:Role";
const PRINCIPAL = "pulumi-nodejs:dynamic/entra-postgres:EntraPrincipal";
const judged = (type: string, props: Record<string, unknown>, config = {}) =>
  judge(rule, { type, name: "it", props }, config);

test("a member of azure_pg_admin or of a predefined role is refused, however it becomes one", () => {
  for (const role of ["azure_pg_admin", "pg_read_all_data", "PG_MONITOR"]) {
    for (const given of [
      judged(MEMBERSHIP, { role: "app", grantRole: role }),
      judged(ROLE, { name: "app", roles: ["shop_orders_reader", role] }),
      judged(PRINCIPAL, { roleName: "app", memberOf: [role] }),
    ]) {
      assert.match(messages(given).join(), /a member of azure_pg_admin or of a predefined role/, role);
    }
  }
});

test("the profiles' roles pass", () => {
  assert.deepEqual(judged(MEMBERSHIP, { role: "app", grantRole: "shop_orders_reader" }), { violations: [] });
  assert.deepEqual(judged(ROLE, { name: "shop_orders_writer", roles: ["shop_orders_reader"] }), { violations: [] });
  assert.deepEqual(judged(ROLE, { name: "shop_orders_reader", superuser: false }), { violations: [] });
  assert.deepEqual(judged(PRINCIPAL, { memberOf: ["shop_orders_writer"] }), { violations: [] });
  assert.deepEqual(judged(PRINCIPAL, {}), { violations: [] });
});

test("attributes, and members that may add members, are refused", () => {
  for (const attribute of ["superuser", "createRole", "createDatabase", "replication", "bypassRowLevelSecurity"]) {
    const told = messages(judged(ROLE, { name: "app", [attribute]: true }));
    assert.deepEqual(told, [`"it" has the attribute ${attribute}: leave it out.`]);
  }
  const admin = judged(MEMBERSHIP, { grantRole: "shop_orders_reader", withAdminOption: true });
  assert.match(messages(admin).join(), /withAdminOption must be false/);
});

test("predefined roles can be allowed, azure_pg_admin cannot", () => {
  const config = { allowed: ["pg_monitor"] };
  assert.deepEqual(judged(MEMBERSHIP, { grantRole: "pg_monitor" }, config), { violations: [] });
  assert.equal(judged(MEMBERSHIP, { grantRole: "pg_read_all_data" }, config).violations.length, 1);
  const { items } = rule.configSchema?.properties.allowed ?? {};
  const pattern = new RegExp(typeof items === "object" && "pattern" in items ? (items.pattern ?? "") : "");
  assert.deepEqual(
    ["pg_monitor", "azure_pg_admin"].map((role) => pattern.test(role)),
    [true, false],
  );
});

test("what is known is judged, what is not waits for up", () => {
  assert.equal(judged(PRINCIPAL, { memberOf: [UNKNOWN, "azure_pg_admin"] }).violations.length, 1);
  assert.match(judged(PRINCIPAL, { memberOf: [UNKNOWN, "shop"] }).waits ?? "", /memberOf\.0 of "it"/);
  const half = judged(ROLE, { roles: [UNKNOWN], superuser: true });
  assert.match(messages(half).join(), /superuser/);
  assert.match(half.waits ?? "", /roles\.0 of "it"/);
});

test("other resources are not looked at", () => {
  const other = "postgresql:index/grant:Grant";
  assert.match(judge(rule, { type: other, props: UNTOUCHABLE }).notApplicable ?? "", /membership/);
});
