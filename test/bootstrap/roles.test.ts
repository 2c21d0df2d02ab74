import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { ASSIGNMENTS, type RoleScope } from "../../bootstrap/assignments.ts";
import { RESOURCE_PROVIDERS } from "../../bootstrap/commands.ts";
import type { IdentityName } from "../../bootstrap/environments.ts";
import { ROLES, type Role } from "../../bootstrap/roles.ts";
import { PAGE, withTable } from "../../bootstrap/rolesTable.ts";
import { allows, NEEDS } from "./needs.ts";

const PROJECT = join(import.meta.dirname, "../..");
const operations = [...new Set(Object.values(NEEDS).flat())];

function rolesOf(identity: IdentityName, on: RoleScope = "stack"): Role[] {
  return ASSIGNMENTS.filter(({ principal, scope }) => principal === identity && scope === on).map(
    ({ role }) => ROLES[role],
  );
}

function isAllowed(roles: readonly Role[], operation: string): boolean {
  return roles.some(({ actions }) => actions.some((action) => allows(action, operation)));
}

describe("the roles of the pipelines' identities", () => {
  test("the list of needs knows every azure-native file that the program imports", () => {
    const files = globSync(["index.ts", "program/**/*.ts", "components/**/*.ts"], {
      cwd: PROJECT,
      exclude: ["**/node_modules"],
    });
    const found = files.flatMap((file) => [
      ...readFileSync(join(PROJECT, file), "utf8").matchAll(/from "@pulumi\/azure-native\/(\w+\/\w+)\.js"/g),
    ]);
    assert.deepEqual([...new Set(found.map(([, path]) => path))].sort(), Object.keys(NEEDS).sort());
  });

  test("deploy may run every operation of the program", () => {
    const roles = rolesOf("deploy");
    assert.deepEqual(
      operations.filter((operation) => !isAllowed(roles, operation)),
      [],
    );
  });

  test("without any one of its roles deploy could not do something", () => {
    const roles = rolesOf("deploy");
    for (const role of roles) {
      const others = roles.filter((other) => other !== role);
      assert.ok(!operations.every((operation) => isAllowed(others, operation)), `${role.name} is not needed`);
    }
  });

  for (const operation of [
    "Microsoft.Authorization/roleAssignments/write",
    "Microsoft.Authorization/roleDefinitions/write",
    "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write",
    "Microsoft.KeyVault/vaults/write",
    "Microsoft.Storage/storageAccounts/write",
    "Microsoft.Resources/subscriptions/resourceGroups/write",
    "Microsoft.Resources/subscriptions/resourceGroups/delete",
  ]) {
    test(`deploy may not run ${operation}`, () => assert.equal(isAllowed(rolesOf("deploy"), operation), false));
  }

  for (const identity of ["preview", "drift"] as const) {
    test(`${identity} reads everything that the program has, and changes nothing`, () => {
      for (const operation of operations) {
        assert.equal(isAllowed(rolesOf(identity), operation), operation.endsWith("/read"), operation);
      }
      assert.deepEqual(
        rolesOf(identity, "state").flatMap(({ dataActions }) => dataActions),
        ["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"],
      );
    });
  }

  test("the custom role lists its actions one by one, and the program needs each", () => {
    for (const action of ROLES.server.actions) {
      assert.doesNotMatch(action, /\*/);
      assert.ok(operations.includes(action), action);
    }
  });

  test("nobody is Owner, Contributor or may assign roles", () => {
    for (const { role } of ASSIGNMENTS) {
      assert.doesNotMatch(ROLES[role].name, /^(Owner|Contributor|.*Access.* Administrator)$/);
    }
  });

  test("the registered resource providers are those of the program, the state and the key", () => {
    const needed = new Set(operations.map((operation) => operation.split("/")[0]));
    needed.delete("Microsoft.Resources"); // Azure Resource Manager's own, always registered.
    assert.deepEqual([...needed, "Microsoft.KeyVault", "Microsoft.Storage"].sort(), [...RESOURCE_PROVIDERS].sort());
  });

  test("a wildcard in an action matches any text, and case does not matter", () => {
    assert.equal(allows("*/read", "Microsoft.Compute/disks/read"), true);
    assert.equal(allows("*/read", "Microsoft.Compute/disks/write"), false);
    assert.equal(allows("Microsoft.Network/*", "microsoft.network/publicIPAddresses/join/action"), true);
    assert.equal(allows("Microsoft.Network/*", "MicrosoftXNetwork/x/read"), false);
  });

  test("docs/bootstrap.md shows the roles; if not: node bootstrap/rolesTable.ts", () => {
    const page = readFileSync(PAGE, "utf8");
    assert.equal(page, withTable(page));
  });
});
