import assert from "node:assert/strict";
import { test } from "node:test";
import { administratorOf } from "../../../components/azure/deployer.ts";
import { tokenClaims } from "../../../components/azure/tokenClaims.ts";

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
