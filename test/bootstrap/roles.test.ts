import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { Identity } from "../../tools/bootstrap/identity.ts";
import { allows, NEEDS, RESOURCE_PROVIDERS } from "../../tools/bootstrap/needs.ts";
import { GRANTS, ROLES, type Role } from "../../tools/bootstrap/roles.ts";
import { PAGE, withTables } from "../../tools/bootstrap/rolesTable.ts";

const PROJECT = join(import.meta.dirname, "../..");
const operations = [...new Set(Object.values(NEEDS).flat())];
const rolesOf = (identity: Identity) =>
  GRANTS.filter(({ to, on }) => to === identity && on === "stack").map(({ role }) => ROLES[role] as Role);
const isAllowed = (roles: readonly Role[], operation: string) =>
  roles.some(({ actions }) => actions.some((action) => allows(action, operation)));

/** The files of azure-native that the program imports, such as `compute/virtualMachine`. */
function imports(): string[] {
  const folders = ["", "components"];
  const files = folders.flatMap((folder) =>
    readdirSync(join(PROJECT, folder), { recursive: folder !== "" })
      .map(String)
      .filter((file) => file.endsWith(".ts"))
      .map((file) => join(PROJECT, folder, file)),
  );
  const found = files.flatMap((file) => [
    ...readFileSync(file, "utf8").matchAll(/from "@pulumi\/azure-native\/(\w+\/\w+)\.js"/g),
  ]);
  return [...new Set(found.map(([, path]) => path as string))].sort();
}

describe("the roles of the pipelines' identities", () => {
  test("what the program imports of azure-native is what the list of needs knows", () => {
    const used = imports();
    assert.ok(used.includes("dbforpostgresql/server"), "the imports were not found");
    assert.deepEqual(used, Object.keys(NEEDS).sort());
  });

  test("deploy may do all that the program does", () => {
    assert.deepEqual(
      operations.filter((operation) => !isAllowed(rolesOf("deploy"), operation)),
      [],
    );
  });

  test("deploy needs each of its roles: without it something could not be done", () => {
    const roles = rolesOf("deploy");
    for (const role of roles) {
      const others = roles.filter((other) => other !== role);
      assert.ok(
        operations.some((operation) => !isAllowed(others, operation)),
        `${role.name} is not needed`,
      );
    }
  });

  test("deploy may not give rights, nor trust another token issuer", () => {
    for (const operation of [
      "Microsoft.Authorization/roleAssignments/write",
      "Microsoft.Authorization/roleDefinitions/write",
      "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials/write",
      "Microsoft.KeyVault/vaults/write",
      "Microsoft.Storage/storageAccounts/write",
      "Microsoft.Resources/subscriptions/resourceGroups/write",
      "Microsoft.Resources/subscriptions/resourceGroups/delete",
    ]) {
      assert.equal(isAllowed(rolesOf("deploy"), operation), false, operation);
    }
  });

  for (const identity of ["preview", "drift"] as const) {
    test(`${identity} reads what the program has, and changes nothing of it`, () => {
      const reads = operations.filter((operation) => operation.endsWith("/read"));
      assert.deepEqual(
        reads.filter((operation) => !isAllowed(rolesOf(identity), operation)),
        [],
      );
      assert.deepEqual(
        operations.filter((operation) => !operation.endsWith("/read") && isAllowed(rolesOf(identity), operation)),
        [],
      );
      const data = GRANTS.filter(({ to, on }) => to === identity && on === "state").map(
        ({ role }) => ROLES[role] as Role,
      );
      assert.deepEqual(
        data.flatMap(({ dataActions }) => dataActions),
        ["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"],
      );
    });
  }

  test("the role of the bootstrap's own lists its actions one by one", () => {
    for (const action of ROLES.server.actions) {
      assert.doesNotMatch(action, /\*/);
      assert.ok(operations.includes(action), `nothing needs ${action}`);
    }
  });

  test("nobody gets Owner, Contributor or the right to give rights", () => {
    for (const { role } of GRANTS) {
      assert.doesNotMatch(
        ROLES[role].name,
        /^(Owner|Contributor|User Access Administrator|Role Based Access Control Administrator)$/,
      );
    }
  });

  test("the providers that are registered are those of the needs, and of state and key", () => {
    const needed = new Set([
      ...operations.map((operation) => operation.split("/")[0] as string),
      "Microsoft.KeyVault",
      "Microsoft.Storage",
    ]);
    needed.delete("Microsoft.Resources"); // Azure Resource Manager's own, always there.
    assert.deepEqual([...needed].sort(), [...RESOURCE_PROVIDERS].sort());
  });

  test("a wildcard of an action is any text, and capitals do not matter", () => {
    assert.equal(allows("*/read", "Microsoft.Compute/disks/read"), true);
    assert.equal(allows("*/read", "Microsoft.Compute/disks/write"), false);
    assert.equal(allows("Microsoft.Network/*", "microsoft.network/publicIPAddresses/join/action"), true);
    assert.equal(allows("Microsoft.Network/*", "MicrosoftXNetwork/x/read"), false);
  });

  test("docs/bootstrap.md shows the roles as they are; if not: node tools/bootstrap/rolesTable.ts", () => {
    const page = readFileSync(PAGE, "utf8");
    assert.equal(page, withTables(page));
  });
});
