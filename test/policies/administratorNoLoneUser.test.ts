import assert from "node:assert/strict";
import { test } from "node:test";
import { administratorNoLoneUser as rule } from "../../policies/rules/administratorNoLoneUser.ts";
import { judgeStack, messages, UNKNOWN, UNTOUCHABLE } from "./judged.ts";

const stack = (principalType: unknown, tags: unknown) => [
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
    assert.deepEqual(judgeStack(rule, stack("User", { environment })).violations, [
      {
        message: `"admin" makes a lone user an administrator in ${environment}: name a group or a service.`,
        urn: "urn:admin",
      },
    ]);
    for (const principalType of ["Group", "ServicePrincipal"]) {
      assert.deepEqual(judgeStack(rule, stack(principalType, { environment })), { violations: [] });
    }
  }
  assert.deepEqual(judgeStack(rule, stack("User", { environment: "dev" })), { violations: [] });
});

test("the environment: of the configuration, else of the tag in any case, else prod", () => {
  const says = (tags: unknown, config = {}) => messages(judgeStack(rule, stack("User", tags), config)).join();
  assert.equal(says({ Environment: "dev" }), "");
  for (const tags of [undefined, {}, { environment: "staging" }]) assert.match(says(tags), /in prod/);
  assert.match(says({ environment: "dev" }, { environment: "test" }), /in test/);
  assert.equal(says({ environment: "prod" }, { environment: "dev" }), "");
});

test("the environments are configurable", () => {
  const judged = (environments: string[]) => judgeStack(rule, stack("User", { environment: "dev" }), { environments });
  assert.equal(judged(["dev"]).violations.length, 1);
  assert.deepEqual(judged([]), { violations: [] });
});

test("an unknown type or environment waits for up; where the known one decides, nothing does", () => {
  assert.match(judgeStack(rule, stack(UNKNOWN, { environment: "prod" })).waits ?? "", /principalType of "admin"/);
  assert.match(judgeStack(rule, stack("User", UNKNOWN)).waits ?? "", /tags of "db" \(azure-native:.*:Server\)/);
  assert.match(judgeStack(rule, stack("User", { environment: UNKNOWN })).waits ?? "", /tags\.environment of "db"/);
  assert.deepEqual(judgeStack(rule, stack(UNKNOWN, { environment: "dev" })), { violations: [] });
  assert.deepEqual(judgeStack(rule, stack("Group", UNKNOWN)), { violations: [] });
  assert.deepEqual(judgeStack(rule, stack("User", { environment: "dev", cost: UNKNOWN })), { violations: [] });
});

test("a stack without an administrator is not looked at", () => {
  const server = { type: "azure-native:dbforpostgresql:Server", props: UNTOUCHABLE };
  assert.match(judgeStack(rule, [server]).notApplicable ?? "", /administrator/);
});
