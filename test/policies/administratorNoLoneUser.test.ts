import assert from "node:assert/strict";
import { test } from "node:test";
import { administratorNoLoneUser as rule } from "../../policies/rules/administratorNoLoneUser.ts";
import { judgeStack, messages, UNKNOWN, UNTOUCHABLE } from "./judged.ts";

const stack = (principalType: unknown, tags?: unknown) => [
  { type: "azure-native:dbforpostgresql:Server", name: "db", props: { tags } },
  {
    type: "azure-native:dbforpostgresql:AdministratorsMicrosoftEntra",
    name: "admin",
    props: { principalType },
    from: { serverName: ["db"] },
  },
];

test("outside dev a user is refused, a group or a service passes", () => {
  for (const environment of ["test", "prod"]) {
    assert.deepEqual(judgeStack(rule, stack("User"), { environment }).violations, [
      {
        message: `"admin" makes a lone user an administrator in ${environment}: name a group or a service.`,
        urn: "urn:admin",
      },
    ]);
    for (const principalType of ["Group", "ServicePrincipal"]) {
      assert.deepEqual(judgeStack(rule, stack(principalType), { environment }), { violations: [] });
    }
  }
  assert.deepEqual(judgeStack(rule, stack("User"), { environment: "dev" }), { violations: [] });
});

test("without an environment it is prod, whatever the server's tag says", () => {
  for (const tags of [undefined, { environment: "dev" }]) {
    assert.match(messages(judgeStack(rule, stack("User", tags))).join(), /in prod/);
  }
});

test("the environments are configurable", () => {
  const judged = (environments: string[]) => judgeStack(rule, stack("User"), { environment: "dev", environments });
  assert.equal(judged(["dev"]).violations.length, 1);
  assert.deepEqual(judged([]), { violations: [] });
});

test("an unknown type waits for up; where the environment decides, nothing does", () => {
  assert.match(judgeStack(rule, stack(UNKNOWN)).waits ?? "", /principalType of "admin"/);
  assert.deepEqual(judgeStack(rule, stack(UNKNOWN), { environment: "dev" }), { violations: [] });
});

test("a stack without an administrator is not looked at", () => {
  const server = { type: "azure-native:dbforpostgresql:Server", props: UNTOUCHABLE };
  assert.match(judgeStack(rule, [server]).notApplicable ?? "", /administrator/);
});
