import assert from "node:assert/strict";
import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from "jose";
import { Directory } from "../../../sandbox/entra/directory.ts";
import { TokenIssuer } from "../../../sandbox/entra/tokenIssuer.ts";
import { temporaryDirectory } from "../../harness/testServer.ts";

const dir = temporaryDirectory();
after(() => rmSync(dir, { recursive: true, force: true }));
const directory = new Directory(dir);
const issuer = await TokenIssuer.open(directory, dir);
const RESOURCE = "https://ossrdbms-aad.database.windows.net";

test("gives a managed identity the claims of a version 1 token, for 24 hours", async () => {
  const vm = directory.add({ displayName: "vm", type: "service", resourceId: "/subscriptions/s/vm" });
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
  assert.equal(protectedHeader.alg, "RS256");
  assert.equal(protectedHeader.kid, issuer.jwks.keys[0]?.kid);
});

test("gives a user the claims of a user, for an hour", async () => {
  const user = directory.add({ displayName: "Ada", type: "user", userPrincipalName: "ada@contoso.com" });
  const claims = decodeJwt((await issuer.issue(user, RESOURCE)).accessToken);
  assert.equal(claims.upn, "ada@contoso.com");
  assert.equal(claims.unique_name, "ada@contoso.com");
  assert.equal(claims.name, "Ada");
  assert.equal(claims.idtyp, "user");
  assert.equal(claims.appid, undefined);
  assert.equal((claims.exp ?? 0) - (claims.iat ?? 0), 3_600);
});

test("replaces and leaves out claims as asked", async () => {
  const vm = directory.add({ displayName: "vm2", type: "service" });
  const claims = decodeJwt((await issuer.issue(vm, RESOURCE, -10, { oid: undefined, tid: "other" })).accessToken);
  assert.equal("oid" in claims, false);
  assert.equal(claims.tid, "other");
  assert.equal((claims.exp ?? 0) - (claims.iat ?? 0), -10);
});

test("lays claims over every token while it is told to", async () => {
  const vm = directory.add({ displayName: "vm4", type: "service" });
  issuer.override = { exp: 1, nbf: undefined, aud: "other", tid: "other" };
  try {
    const { exp, nbf, aud, tid, iss, oid } = decodeJwt((await issuer.issue(vm, RESOURCE)).accessToken);
    assert.deepEqual([exp, nbf, aud, tid], [1, undefined, "other", "other"]);
    assert.deepEqual([iss, oid], [issuer.issuer, vm.objectId]);
    const own = decodeJwt((await issuer.issue(vm, RESOURCE, undefined, { tid: "its own" })).accessToken);
    assert.deepEqual([own.tid, own.aud], ["its own", "other"]);
  } finally {
    issuer.override = {};
  }
  assert.equal(decodeJwt((await issuer.issue(vm, RESOURCE)).accessToken).aud, RESOURCE);
});

test("gives a group no token", async () => {
  const group = directory.add({ displayName: "admins", type: "group", members: [] });
  await assert.rejects(issuer.issue(group, RESOURCE), /is a group/);
});

test("keeps its key between runs, in a file that only its owner can read, and publishes no private part", async () => {
  const again = await TokenIssuer.open(directory, dir);
  assert.deepEqual(again.jwks, issuer.jwks);
  assert.deepEqual(Object.keys(again.jwks.keys[0] ?? {}).sort(), ["alg", "e", "kid", "kty", "n", "use"]);
  assert.equal(statSync(join(dir, "token-signing-key.json")).mode & 0o777, 0o600);
});

test("tells of each token that it mints", async () => {
  const vm = directory.add({ displayName: "vm3", type: "service" });
  const minted: string[] = [];
  issuer.onIssue = (token) => minted.push(token);
  const { accessToken } = await issuer.issue(vm, RESOURCE);
  assert.deepEqual(minted, [accessToken]);
  assert.equal(decodeProtectedHeader(accessToken).typ, "JWT");
});
