import "reflect-metadata";
import assert from "node:assert/strict";
import { test } from "node:test";
import { ASSIGNMENTS } from "../../../bootstrap/assignments.ts";
import { ROLES, type Role } from "../../../bootstrap/roles.ts";
import { actionsOf, allows } from "../../../program/preflight/actions.ts";
import { settingsOf } from "../settings.ts";

/** What the pipeline's identity `deploy` may do in the stack's resource group. */
const DEPLOY = ASSIGNMENTS.filter(({ principal, scope }) => principal === "deploy" && scope === "stack").map(
  ({ role }) => ({ actions: (ROLES[role] as Role).actions, notActions: [] }),
);
const GROUP = { resourceGroupName: "rg" };

test("the roles of the identity deploy allow all that the checks ask for", async () => {
  for (const environment of ["dev", "test", "prod"]) {
    for (const identityType of ["SystemAssigned", "UserAssigned"]) {
      const schemas = [{ name: "app", extensions: ["pg_trgm"] }];
      const needed = actionsOf(await settingsOf({ ...GROUP, environment, identityType, schemas }));
      assert.ok(needed.length > 15);
      assert.deepEqual(
        needed.filter((action) => !allows(DEPLOY, action)),
        [],
      );
    }
  }
});

test("without resourceGroupName a resource group is created, too", async () => {
  const action = "Microsoft.Resources/subscriptions/resourceGroups/write";
  assert.ok(actionsOf(await settingsOf({})).includes(action));
  assert.ok(!actionsOf(await settingsOf(GROUP)).includes(action));
});

const CASES: [name: string, actions: string[], notActions: string[], action: string, allowed: boolean][] = [
  ["a wildcard covers every operation", ["*"], [], "Microsoft.Compute/virtualMachines/write", true],
  ["a wildcard in the middle covers any depth", ["*/read"], [], "A/b/c/read", true],
  ["a wildcard at the end covers what is below", ["A/b/*"], [], "A/b/c/write", true],
  ["another type is not covered", ["A/b/*"], [], "A/bc/write", false],
  ["a notAction takes an operation out", ["*"], ["A/*/write"], "A/b/write", false],
  ["letters' case does not count", ["microsoft.compute/*"], [], "Microsoft.Compute/disks/write", true],
  ["a period is a period", ["A.b/*"], [], "Axb/c", false],
];
for (const [name, actions, notActions, action, allowed] of CASES) {
  test(name, () => {
    assert.equal(allows([{ actions, notActions }], action), allowed);
  });
}

test("what one role takes out another one may allow", () => {
  const first = { actions: ["*"], notActions: ["A/b/write"] };
  assert.ok(allows([first, { actions: ["A/b/write"], notActions: [] }], "A/b/write"));
});
