import assert from "node:assert/strict";
import { test } from "node:test";
import type { TokenClaims } from "../../../components/azure/tokenClaims.ts";
import { UserError } from "../../../components/errors/userError.ts";
import { type Administrator, requireAdministrator } from "../../../components/postgres/administrator.ts";

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

/** What is said to this login; undefined when it is let through. */
function said(claims: TokenClaims, adminUser: string, administrators?: Administrator[]): string | undefined {
  try {
    requireAdministrator(
      claims,
      { adminUser, ...(administrators ? { administrators } : {}) },
      "db.example:5432/postgres",
    );
    return undefined;
  } catch (error) {
    assert.ok(error instanceof UserError);
    return error.message;
  }
}

test("the error names the login and the administrators", () => {
  assert.equal(
    said(claimsOf(STRANGER), "ada@example.com", [ADA, CI]),
    'db.example:5432/postgres: logging in as the Entra administrator "ada@example.com" failed.\n' +
      "  expected: the login of an administrator under its own name; the administrators are " +
      '"ada@example.com" (User, object id aaaaaaaa-0000-0000-0000-000000000001), ' +
      '"ci" (ServicePrincipal, object id aaaaaaaa-0000-0000-0000-000000000002)\n' +
      "  found:    you are logged in as eve@example.com (object id aaaaaaaa-0000-0000-0000-00000000000e)\n" +
      "  next:     log in as one of them (az login, or ARM_CLIENT_ID with its credential), or have one of them add this login to " +
      "the server's administrators\n" +
      "  code:     EP-PG-23",
  );
});

test("the error names the administrator's own name", () => {
  const message = said(claimsOf(ADA, { upn: "ada@example.com" }), "ci", [ADA, CI]);
  assert.match(message ?? "", /who administers this server as "ada@example.com", not as "ci"/);
  assert.match(message ?? "", /next: {5}set adminUser to "ada@example.com"/);
  // Names of roles are case-sensitive.
  assert.match(said(claimsOf(ADA), "Ada@example.com", [ADA]) ?? "", /not as "Ada@example.com"/);
});

test("an administrator passes, by object id in any case", () => {
  assert.equal(said(claimsOf(ADA), "ada@example.com", [ADA, CI]), undefined);
  assert.equal(said(claimsOf({ objectId: ADA.objectId.toUpperCase() }), "ada@example.com", [CI, ADA]), undefined);
});

test("with a group among the administrators the server decides", () => {
  assert.equal(said(claimsOf(STRANGER), "db-admins", [ADMINS, CI]), undefined);
  assert.equal(said(claimsOf(STRANGER), "ci", [ADMINS, CI]), undefined);
  // A member that is an administrator itself, too, may log in as the group.
  assert.equal(said(claimsOf(ADA), "db-admins", [ADA, ADMINS]), undefined);
  assert.match(said(claimsOf(ADA), "ci", [ADA, ADMINS, CI]) ?? "", /administers this server as "ada@example.com"/);
});

test("a token with the group's claim passes", () => {
  const member = claimsOf(ADA, { groups: ["x", ADMINS.objectId.toUpperCase()] });
  assert.equal(said(member, "ci", [ADA, ADMINS, CI]), undefined);
});

test("without a list the server decides", () => {
  assert.equal(said(claimsOf(STRANGER), "ada@example.com"), undefined);
  assert.equal(said(claimsOf(STRANGER), "ada@example.com", []), undefined);
});
