import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { after, describe, test } from "node:test";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { Directory } from "../../../sandbox/entra/directory.ts";
import type { TokenIssuer } from "../../../sandbox/entra/tokenIssuer.ts";
import { AccessTokenCheck, parseLabel } from "../../../sandbox/postgres/accessToken.ts";
import { temporaryDirectory } from "../../harness/testServer.ts";

const dir = temporaryDirectory();
after(() => rmSync(dir, { recursive: true, force: true }));
const OBJECT_ID = "0f8fad5b-d9cb-469f-a165-70867728950e";

describe("a role's label", () => {
  test("tells what the role is bound to", () => {
    const service = { oid: OBJECT_ID, type: "service", admin: false, mfa: false };
    assert.deepEqual(parseLabel(`aadauth,oid=${OBJECT_ID},type=service`), service);
    assert.deepEqual(parseLabel(`aadauth,oid=${OBJECT_ID.toUpperCase()},type=service,admin`), {
      ...service,
      admin: true,
    });
    assert.deepEqual(parseLabel(`aadauth,oid=${OBJECT_ID},type=group,mfa`), { ...service, type: "group", mfa: true });
  });

  test("of another form binds nobody", () => {
    for (const label of [
      "",
      "aadauth",
      `oid=${OBJECT_ID},type=service`,
      "aadauth,oid=,type=user",
      `aadauth,oid=${OBJECT_ID},type=robot`,
    ]) {
      assert.equal(parseLabel(label), undefined);
    }
  });
});

test("takes RS256 only, even from a key that would allow another algorithm", async () => {
  const directory = new Directory(dir);
  const issuer = `https://sts.windows.net/${directory.tenantId}/`;
  const binding = { oid: OBJECT_ID, type: "service", admin: false, mfa: false } as const;
  const login = async (alg: "RS256" | "PS256") => {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
    const { kty, n, e } = await exportJWK(publicKey);
    // A key set that does not say for which algorithm its key is, as Entra's own does not.
    const keys = { issuer, now: Date.now, jwks: { keys: [{ kty, n, e, kid: "1" }] } } as unknown as TokenIssuer;
    const token = await new SignJWT({ oid: OBJECT_ID, tid: directory.tenantId, idtyp: "app" })
      .setProtectedHeader({ alg, kid: "1" })
      .setIssuer(issuer)
      .setAudience("https://ossrdbms-aad.database.windows.net")
      .setNotBefore("0s")
      .setExpirationTime("1h")
      .sign(privateKey);
    await new AccessTokenCheck(directory, keys).check(token, "app", binding);
  };
  await login("RS256");
  await assert.rejects(login("PS256"), /An error occurred while validating the access token/);
});
