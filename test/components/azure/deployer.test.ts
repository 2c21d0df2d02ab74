import assert from "node:assert/strict";
import { test } from "node:test";
import { administratorFrom, administratorOf } from "../../../components/azure/deployer.ts";
import { type TokenClaims, tokenClaims } from "../../../components/azure/tokenClaims.ts";
import { UserError } from "../../../components/errors/userError.ts";

const base = { oid: "o-1", tid: "t-1" };

test("a user is named by its principal name", () => {
  assert.deepEqual(administratorOf({ ...base, idtyp: "user", upn: "ada@example.com" }), {
    objectId: "o-1",
    name: "ada@example.com",
    type: "User",
  });
});

test("a managed identity is named by its resource, a service principal by its client id", () => {
  const mirid =
    "/subscriptions/s/resourcegroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/ci-deploy";
  assert.equal(administratorOf({ ...base, idtyp: "app", appid: "a-1", xms_mirid: mirid }).name, "ci-deploy");
  assert.deepEqual(administratorOf({ ...base, idtyp: "app", appid: "a-1" }), {
    objectId: "o-1",
    name: "a-1",
    type: "ServicePrincipal",
  });
});

/** What is said of a login that cannot become the administrator. */
function refusal(claims: Partial<TokenClaims>): string {
  try {
    administratorFrom({ ...base, ...claims });
  } catch (error) {
    assert.ok(error instanceof UserError);
    return error.message;
  }
  assert.fail("it was taken");
}

test("a user whose principal name the token does not tell is asked for it", () => {
  for (const claims of [
    { idtyp: "user", unique_name: "live.com#ada@example.com" },
    { idtyp: "user", preferred_username: "ada@example.com" },
    { unique_name: "ada@example.com" },
    { upn: "ada@partner.example", idp: "https://sts.windows.net/t-2/" },
  ]) {
    assert.match(
      refusal(claims),
      /adminObjectId o-1; .*adminType User; .*adminName "\$\(az ad signed-in-user show --query userPrincipalName[\s\S]*EP-LOGIN-05$/,
    );
  }
  const guest = "ada_partner.example#EXT#@example.onmicrosoft.com";
  assert.equal(administratorFrom({ ...base, upn: guest, idp: "https://sts.windows.net/t-2/" }).name, guest);
  assert.equal(administratorFrom({ ...base, idtyp: "app", appid: "a-1" }).name, "a-1");
});

test("a name of more than 63 bytes is refused", () => {
  assert.equal(administratorFrom({ ...base, upn: `${"a".repeat(51)}@example.com` }).name.length, 63);
  assert.match(refusal({ upn: `${"a".repeat(52)}@example.com` }), /at most 63 bytes[\s\S]*EP-LOGIN-05$/);
  assert.match(refusal({ upn: `${"ä".repeat(30)}@example.com` }), /EP-LOGIN-05/);
});

test("an invalid token is refused and not quoted", () => {
  for (const text of ["Bearer abc.def.ghi", "", "a.b.c", `x.${Buffer.from("{}").toString("base64url")}.y`]) {
    assert.throws(
      () => tokenClaims(text),
      (error: Error) => {
        assert.match(error.message, /JSON web token/);
        assert.ok(text === "" || !error.message.includes(text));
        return true;
      },
    );
  }
});
