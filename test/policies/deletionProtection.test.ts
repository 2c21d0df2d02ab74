import assert from "node:assert/strict";
import { test } from "node:test";
import { deletionProtection as rule } from "../../policies/rules/deletionProtection.ts";
import { judgeStack, messages, UNKNOWN_OBJECT, UNTOUCHABLE } from "./judged.ts";

const stack = (protect: { server: boolean; database: boolean }, tags?: unknown) => [
  { type: "azure-native:dbforpostgresql:Server", name: "db", protect: protect.server, props: { tags } },
  {
    type: "azure-native:dbforpostgresql:Database",
    name: "shop",
    protect: protect.database,
    from: { serverName: ["db"] },
  },
];
const bare = { server: false, database: false };

test("outside dev, the server and its databases are protected", () => {
  for (const environment of ["test", "prod"]) {
    assert.deepEqual(judgeStack(rule, stack(bare), { environment }).violations, [
      { message: '"db" can be deleted by a slip: it needs the resource option protect.', urn: "urn:db" },
      { message: '"shop" can be deleted by a slip: it needs the resource option protect.', urn: "urn:shop" },
    ]);
    assert.deepEqual(judgeStack(rule, stack({ server: true, database: true }), { environment }), { violations: [] });
    const half = judgeStack(rule, stack({ server: true, database: false }), { environment });
    assert.match(messages(half).join(), /^"shop" can be/);
  }
  assert.deepEqual(judgeStack(rule, stack(bare), { environment: "dev" }), { violations: [] });
});

test("without an environment it is prod, whatever the server's tag says", () => {
  assert.equal(judgeStack(rule, stack(bare, { environment: "dev" })).violations.length, 2);
});

test("the environments are configurable", () => {
  const config = { environment: "dev", environments: ["dev"] };
  assert.equal(judgeStack(rule, stack(bare), config).violations.length, 2);
  assert.deepEqual(judgeStack(rule, stack(bare), { environments: [] }), { violations: [] });
});

test("it reads no value, so nothing waits for up", () => {
  assert.equal(judgeStack(rule, stack(bare, UNKNOWN_OBJECT)).waits, undefined);
});

test("a stack without either is not looked at", () => {
  const other = { type: "azure-native:dbformysql:Database", props: UNTOUCHABLE };
  assert.match(judgeStack(rule, [other]).notApplicable ?? "", /server, database/);
});
