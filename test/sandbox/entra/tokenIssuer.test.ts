import assert from "node:assert/strict";
import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { createLocalJWKSet, decodeJwt, jwtVerify } from "jose";
import { Directory } from "../../../sandbox/entra/directory.ts";
import { TokenIssuer } from "../../../sandbox/entra/tokenIssuer.ts";
import { temporaryDirectory } from "../../harness/testServer.ts";

const dir = temporaryDirectory();
after(() => rmSync(dir, { recursive: true, force: true }));
const directory = new Directory(dir);
const issuer = await TokenIssuer.open(directory, dir);
const RESOURCE = "https://ossrdbms-aad.database.windows.net";
const vm = directory.add({ displayName: "vm", type: "service", resourceId: "/subscriptions/s/vm" });

test("a managed identity's token has the claims of version 1, for 24 hours", async () => {
  const { accessToken, expiresOn } = await issuer.issue(vm, RESOURCE);
  const { payload, protectedHeader } = await jwtVerify(accessToken, createLocalJWKSet(issuer.jwks));
  const { iat = 0, nbf, exp, ...claims } = payload;
  assert.deepEqual(claims, {
    aud: RESOURCE,
    iss: `https://sts.windows.net/${directory.tenantId}/`,
    oid: vm.objectId,
    sub: vm.objectId,
    tid: directory.tenantId,
    appid: vm.clientId,
    appidacr: "2",
    idtyp: "app",
    xms_mirid: "/subscriptions/s/vm",
    ver: "1.0",
  });
  assert.deepEqual([nbf, exp, expiresOn], [iat, iat + 86_400, iat + 86_400]);
  assert.deepEqual(protectedHeader, { typ: "JWT", alg: "RS256", kid: issuer.jwks.keys[0]?.kid });
});

test("a user's token has the claims of a user, for an hour", async () => {
  const user = directory.add({ displayName: "Ada", type: "user", userPrincipalName: "ada@contoso.com" });
  const { upn, unique_name, name, idtyp, appid, exp, iat } = decodeJwt(
    (await issuer.issue(user, RESOURCE)).accessToken,
  );
  assert.deepEqual([upn, unique_name, name], ["ada@contoso.com", "ada@contoso.com", "Ada"]);
  assert.deepEqual([idtyp, appid, (exp ?? 0) - (iat ?? 0)], ["user", undefined, 3_600]);
});

test("claims can be replaced and left out, for one token or all", async () => {
  const claims = async (lifetime?: number, overrides?: Record<string, unknown>) =>
    decodeJwt((await issuer.issue(vm, RESOURCE, lifetime, overrides)).accessToken);
  const one = await claims(-10, { oid: undefined, tid: "other" });
  assert.deepEqual(["oid" in one, one.tid, (one.exp ?? 0) - (one.iat ?? 0)], [false, "other", -10]);
  issuer.override = { exp: 1, nbf: undefined, aud: "other", tid: "other" };
  try {
    const { exp, nbf, aud, tid, iss, oid } = await claims();
    assert.deepEqual([exp, nbf, aud, tid, iss, oid], [1, undefined, "other", "other", issuer.issuer, vm.objectId]);
    const own = await claims(undefined, { tid: "its own" });
    assert.deepEqual([own.tid, own.aud], ["its own", "other"]);
  } finally {
    issuer.override = {};
  }
  assert.equal((await claims()).aud, RESOURCE);
});

test("a group gets no token", async () => {
  const group = directory.add({ displayName: "admins", type: "group", members: [] });
  await assert.rejects(issuer.issue(group, RESOURCE), /is a group/);
});

test("the key survives a restart, in its owner's file, and its private part is not published", async () => {
  const again = await TokenIssuer.open(directory, dir);
  assert.deepEqual(again.jwks, issuer.jwks);
  assert.deepEqual(Object.keys(again.jwks.keys[0] ?? {}).sort(), ["alg", "e", "kid", "kty", "n", "use"]);
  assert.equal(statSync(join(dir, "token-signing-key.json")).mode & 0o777, 0o600);
});
