import assert from "node:assert/strict";
import { test } from "node:test";
import type { TokenClaims } from "../../../components/azure/tokenClaims.ts";
import { UserError } from "../../../components/errors/userError.ts";
import { type Administrator, requireLogin } from "../../../components/postgres/administrator.ts";

const ADA: Administrator = { objectId: "aaaaaaaa-0000-0000-0000-000000000001", name: "ada@example.com", type: "User" };
const CI: Administrator = { objectId: "aaaaaaaa-0000-0000-0000-000000000002", name: "ci", type: "ServicePrincipal" };
const ADMINS: Administrator = { objectId: "aaaaaaaa-0000-0000-0000-000000000003", name: "db-admins", type: "Group" };
const claimsOf = ({ objectId }: { objectId: string }, more: Partial<TokenClaims> = {}): TokenClaims => ({
  oid: objectId,
  tid: "t",
  idtyp: "user",
  upn: "eve@example.com",
  ...more,
});
const STRANGER = { objectId: "aaaaaaaa-0000-0000-0000-00000000000e" };

/** The role that this login logs in as; the message where it is refused. */
function loginOr(claims: TokenClaims, adminUser: string, administrators?: Administrator[]): string {
  try {
    return requireLogin(claims, { adminUser, administrators }, "db.example:5432/postgres");
  } catch (error) {
    assert.ok(error instanceof UserError);
    return error.message;
  }
}

test("a login that is certainly no administrator is refused, with its name and the administrators", () => {
  assert.equal(
    loginOr(claimsOf(STRANGER), "ada@example.com", [ADA, CI]),
    "db.example:5432/postgres: logging in as an Entra administrator failed.\n" +
      "  expected: the login of an administrator; the administrators are " +
      '"ada@example.com" (User, object id aaaaaaaa-0000-0000-0000-000000000001), ' +
      '"ci" (ServicePrincipal, object id aaaaaaaa-0000-0000-0000-000000000002)\n' +
      "  found:    you are logged in as eve@example.com (object id aaaaaaaa-0000-0000-0000-00000000000e)\n" +
      "  next:     log in as one of them (az login, or ARM_CLIENT_ID with its credential), or have one of them add this login to " +
      "the server's administrators\n" +
      "  code:     EP-PG-23",
  );
});

const OTHERS: Administrator = { ...ADMINS, objectId: "aaaaaaaa-0000-0000-0000-000000000004", name: "others" };

for (const [name, claims, adminUser, administrators, expected] of [
  ["a token's own administrator is the login, whatever adminUser says", claimsOf(ADA), "ci", [CI, ADA], ADA.name],
  ["object ids are equal in any case", claimsOf({ objectId: ADA.objectId.toUpperCase() }), "ci", [CI, ADA], ADA.name],
  ["a group of the token is next", claimsOf(STRANGER, { groups: [OTHERS.objectId] }), "x", [ADMINS, OTHERS], "others"],
  ["a group that adminUser names is tried without a claim", claimsOf(STRANGER), "others", [ADMINS, OTHERS], "others"],
  ["then the first group is", claimsOf(STRANGER), "ci", [CI, ADMINS, OTHERS], "db-admins"],
  ["a member that is an administrator, too, logs in as itself", claimsOf(ADA), "db-admins", [ADMINS, ADA], ADA.name],
  ["without a list it is adminUser", claimsOf(STRANGER), "ci", undefined, "ci"],
  ["an empty list is none", claimsOf(STRANGER), "ci", [], "ci"],
] as [string, TokenClaims, string, Administrator[] | undefined, string][]) {
  test(name, () => assert.equal(loginOr(claims, adminUser, administrators), expected));
}
