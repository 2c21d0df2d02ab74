import assert from "node:assert/strict";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { get } from "node:http";
import { after, afterEach, beforeEach, describe, test } from "node:test";
import { ManagedIdentityCredential } from "@azure/identity";
import { decodeJwt } from "jose";
import { Directory } from "../../../sandbox/entra/directory.ts";
import { Imds } from "../../../sandbox/entra/imds.ts";
import { TokenIssuer } from "../../../sandbox/entra/tokenIssuer.ts";
import type { ImdsIdentity } from "../../../sandbox/entra/tokenRequest.ts";
import { temporaryDirectory } from "../../harness/testServer.ts";

const RESOURCE = "https://ossrdbms-aad.database.windows.net";
const PATH = "/metadata/identity/oauth2/token";
const VERSION = "api-version=2018-02-01";
const QUERY = `${VERSION}&resource=${encodeURIComponent(RESOURCE)}`;

const dir = temporaryDirectory();
const directory = new Directory(dir);
const issuer = await TokenIssuer.open(directory, dir);
let minted = 0;
issuer.onIssue = () => {
  minted += 1;
};
const system = directory.add({ displayName: "vm", type: "service", resourceId: "/subscriptions/s/virtualMachines/vm" });
const first = directory.add({ displayName: "one", type: "service", resourceId: "/subscriptions/s/identities/one" });
const second = directory.add({ displayName: "two", type: "service", resourceId: "/subscriptions/s/identities/two" });
const stranger = directory.add({
  displayName: "stranger",
  type: "service",
  resourceId: "/subscriptions/s/identities/x",
});
let identities: ImdsIdentity[] = [];
const imds = await Imds.start({ issuer, identities: () => identities });
after(async () => {
  await imds.close();
  rmSync(dir, { recursive: true, force: true });
});

const all = (): ImdsIdentity[] => [
  { principal: first, kind: "user" },
  { principal: system, kind: "system" },
  { principal: second, kind: "user" },
];

interface Answer {
  status: number;
  body: Record<string, string>;
}

async function ask(
  path: string,
  headers: Record<string, string> = { Metadata: "true" },
  method = "GET",
): Promise<Answer> {
  const response = await fetch(imds.url + path, { headers, method });
  return { status: response.status, body: (await response.json()) as Record<string, string> };
}

/** Whom the token of an answer is for. */
function holder({ body }: Answer): unknown {
  return decodeJwt(body.access_token ?? "").oid;
}

describe("takes", () => {
  test("a request for the system-assigned identity, and answers in Azure's form", async () => {
    identities = all();
    const { status, body } = await ask(`${PATH}?${QUERY}`);
    assert.equal(status, 200);
    assert.deepEqual(Object.keys(body).sort(), [
      "access_token",
      "client_id",
      "expires_in",
      "expires_on",
      "ext_expires_in",
      "not_before",
      "resource",
      "token_type",
    ]);
    for (const value of Object.values(body)) assert.equal(typeof value, "string");
    assert.equal(body.client_id, system.clientId);
    assert.equal(body.resource, RESOURCE);
    assert.equal(body.token_type, "Bearer");
    assert.equal(Number(body.expires_on) - Number(body.not_before), 86_400);
    const claims = decodeJwt(body.access_token ?? "");
    assert.deepEqual([claims.oid, claims.aud, String(claims.exp)], [system.objectId, RESOURCE, body.expires_on]);
  });

  const paths = [`${PATH}/`, `/${PATH}`, `/${PATH}//`];
  for (const path of paths) {
    test(`the path ${path} as some SDKs send it`, async () => {
      identities = all();
      assert.equal((await ask(`${path}?${QUERY}`)).status, 200);
    });
  }

  const selectors: [string, string, string, string][] = [
    ["a client id", "client_id", second.clientId ?? "", second.objectId],
    ["a client id in capitals", "client_id", (second.clientId ?? "").toUpperCase(), second.objectId],
    ["an object id", "object_id", first.objectId, first.objectId],
    ["a resource id as Node and Python name it", "msi_res_id", first.resourceId ?? "", first.objectId],
    ["a resource id as Java names it", "mi_res_id", (first.resourceId ?? "").toUpperCase(), first.objectId],
    ["the system-assigned identity's client id", "client_id", system.clientId ?? "", system.objectId],
  ];
  for (const [what, name, value, objectId] of selectors) {
    test(what, async () => {
      identities = all();
      assert.equal(holder(await ask(`${PATH}?${QUERY}&${name}=${encodeURIComponent(value)}`)), objectId);
    });
  }

  test("no selector where the only identity is user-assigned", async () => {
    identities = [{ principal: first, kind: "user" }];
    assert.equal(holder(await ask(`${PATH}?${QUERY}`)), first.objectId);
  });

  for (const resource of [`${RESOURCE}/`, "https://management.azure.com", "https://management.azure.com/"]) {
    test(`the resource ${resource}, which becomes the audience letter for letter`, async () => {
      identities = all();
      const { body } = await ask(`${PATH}?${VERSION}&resource=${encodeURIComponent(resource)}`);
      assert.equal(decodeJwt(body.access_token ?? "").aud, resource);
    });
  }

  test("the form of App Service", async () => {
    identities = all();
    const url = `${imds.appServiceUrl}?api-version=2019-08-01&resource=${encodeURIComponent(RESOURCE)}&client_id=${first.clientId}`;
    const response = await fetch(url, { headers: { "X-IDENTITY-HEADER": imds.appServiceHeader } });
    assert.equal(response.status, 200);
    const body = (await response.json()) as Record<string, string>;
    assert.equal(decodeJwt(body.access_token ?? "").oid, first.objectId);
    assert.equal(body.client_id, first.clientId);
    assert.match(body.expires_on ?? "", /^\d+$/);
  });

  test("what Azure's own SDK for Node sends", async () => {
    identities = all();
    process.env.AZURE_POD_IDENTITY_AUTHORITY_HOST = imds.url;
    try {
      const credential = new ManagedIdentityCredential({ clientId: first.clientId ?? "" });
      const { token } = await credential.getToken(`${RESOURCE}/.default`);
      assert.deepEqual([decodeJwt(token).oid, decodeJwt(token).aud], [first.objectId, RESOURCE]);
    } finally {
      delete process.env.AZURE_POD_IDENTITY_AUTHORITY_HOST;
    }
  });
});

describe("refuses, without minting a token,", () => {
  const metadata = { Metadata: "true" };
  const appService = `/msi/token?api-version=2019-08-01&resource=${encodeURIComponent(RESOURCE)}`;
  const cases: [string, string, Record<string, string>, number, string, RegExp][] = [
    [
      "a missing Metadata header",
      `${PATH}?${QUERY}`,
      {},
      400,
      "invalid_request",
      /^Required metadata header not specified$/,
    ],
    ["Metadata: false", `${PATH}?${QUERY}`, { Metadata: "false" }, 400, "invalid_request", /Required metadata header/],
    [
      "a forwarded request",
      `${PATH}?${QUERY}`,
      { ...metadata, "X-Forwarded-For": "10.0.0.1" },
      400,
      "invalid_request",
      /X-Forwarded-For/,
    ],
    ["no api-version", `${PATH}?resource=${RESOURCE}`, metadata, 400, "invalid_request", /'api-version' is missing/],
    [
      "an api-version that there is not",
      `${PATH}?api-version=2017-01-01&resource=${RESOURCE}`,
      metadata,
      400,
      "invalid_request",
      /2017-01-01 is not supported/,
    ],
    ["no resource", `${PATH}?${VERSION}`, metadata, 400, "invalid_request", /'resource' is missing/],
    [
      "an unknown resource",
      `${PATH}?${VERSION}&resource=https://example.com`,
      metadata,
      400,
      "invalid_resource",
      /AADSTS500011: .*https:\/\/example\.com/,
    ],
    [
      "a scope in place of a resource",
      `${PATH}?${VERSION}&resource=${RESOURCE}/.default`,
      metadata,
      400,
      "invalid_resource",
      /AADSTS500011/,
    ],
    ["two resources", `${PATH}?${QUERY}&resource=${RESOURCE}`, metadata, 400, "invalid_request", /more than once/],
    [
      "an unknown client id",
      `${PATH}?${QUERY}&client_id=${stranger.clientId}`,
      metadata,
      400,
      "invalid_request",
      /^Identity not found$/,
    ],
    [
      "the object id of another machine's identity",
      `${PATH}?${QUERY}&object_id=${stranger.objectId}`,
      metadata,
      400,
      "invalid_request",
      /^Identity not found$/,
    ],
    [
      "an object id given as client id",
      `${PATH}?${QUERY}&client_id=${first.objectId}`,
      metadata,
      400,
      "invalid_request",
      /^Identity not found$/,
    ],
    [
      "two selectors",
      `${PATH}?${QUERY}&client_id=${first.clientId}&object_id=${second.objectId}`,
      metadata,
      400,
      "invalid_request",
      /client_id, object_id/,
    ],
    ["another path", `/metadata/instance?${VERSION}`, metadata, 404, "not_found", /no \/metadata\/instance/],
    ["App Service's form without its header", appService, metadata, 401, "unauthorized", /X-IDENTITY-HEADER/],
    [
      "App Service's form with a wrong header",
      appService,
      { "X-IDENTITY-HEADER": "x" },
      401,
      "unauthorized",
      /X-IDENTITY-HEADER/,
    ],
    [
      "another version of App Service's form",
      `/msi/token?api-version=2017-09-01&resource=${RESOURCE}`,
      { "X-IDENTITY-HEADER": imds.appServiceHeader },
      400,
      "invalid_request",
      /2017-09-01/,
    ],
  ];
  for (const [what, path, headers, status, error, description] of cases) {
    test(what, async () => {
      identities = all();
      const before = minted;
      const answer = await ask(path, headers);
      assert.equal(answer.status, status);
      assert.equal(answer.body.error, error);
      assert.match(answer.body.error_description ?? "", description);
      assert.equal(minted, before);
    });
  }

  test("POST", async () => {
    identities = all();
    const before = minted;
    assert.equal((await ask(`${PATH}?${QUERY}`, metadata, "POST")).status, 405);
    assert.equal(minted, before);
  });

  test("no selector where several identities are user-assigned", async () => {
    identities = all().filter(({ kind }) => kind === "user");
    const { status, body } = await ask(`${PATH}?${QUERY}`);
    assert.equal(status, 400);
    assert.equal(
      body.error_description,
      "Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the token request",
    );
  });

  test("any request on a machine without an identity", async () => {
    identities = [];
    const { status, body } = await ask(`${PATH}?${QUERY}`);
    assert.deepEqual([status, body.error_description], [400, "Identity not found"]);
  });

  test("to listen where another machine could reach it", async () => {
    await assert.rejects(Imds.start({ issuer, identities: all, address: "0.0.0.0" }), /loopback only/);
  });
});

describe("misbehaves as it is told, request by request:", () => {
  const path = `${PATH}?${QUERY}`;
  const send = (signal?: AbortSignal) =>
    fetch(imds.url + path, { headers: { Metadata: "true" }, ...(signal ? { signal } : {}) });
  beforeEach(() => {
    imds.requests = 0;
  });
  afterEach(() => {
    imds.fault = undefined;
    issuer.override = {};
  });

  test("a status with headers, so many times, and no token is minted for it", async () => {
    identities = all();
    const statuses = [404, 410, 429, 500, 503];
    imds.fault = (request) => {
      const status = statuses[request - 1];
      return status === undefined ? undefined : { status, headers: { "retry-after": String(request) } };
    };
    const before = minted;
    for (const [index, status] of statuses.entries()) {
      const answer = await send();
      assert.deepEqual([answer.status, answer.headers.get("retry-after")], [status, String(index + 1)]);
      assert.equal(await answer.text(), "");
    }
    assert.equal(minted, before);
    assert.equal(holder(await ask(path)), system.objectId);
    assert.equal(imds.requests, statuses.length + 1);
  });

  for (const [what, type, body] of [
    ["a web page", "text/html", "<html><body>Sign in</body></html>"],
    ["JSON that is cut off", "application/json", '{"access_token":"ey'],
    ["an answer without a token", "application/json", '{"token_type":"Bearer"}'],
  ] as const) {
    test(`${what}, letter for letter`, async () => {
      imds.fault = () => ({ status: 200, headers: { "content-type": type }, body });
      const answer = await send();
      assert.deepEqual([answer.status, answer.headers.get("content-type")], [200, type]);
      assert.equal(await answer.text(), body);
    });
  }

  test("a delay, after which the answer is the usual one", async () => {
    identities = all();
    imds.fault = () => ({ delaySeconds: 0.2 });
    const asked = performance.now();
    assert.equal(holder(await ask(path)), system.objectId);
    // Only a lower bound, which a slow machine cannot miss.
    assert.ok(performance.now() - asked >= 199);
  });

  test("a connection that is reset", async () => {
    imds.fault = () => ({ instead: "reset" });
    const request = get(imds.url + path, { headers: { Metadata: "true" } });
    // One that is only ended has the same code, with the words "socket hang up".
    await assert.rejects(once(request, "response"), { code: "ECONNRESET", message: "read ECONNRESET" });
  });

  test("silence until the client gives up or the service is closed", async () => {
    identities = all();
    imds.fault = (request) => (request === 1 ? { instead: "silence" } : undefined);
    const patience = new AbortController();
    let answered = false;
    const silent = send(patience.signal).then(() => {
      answered = true;
    });
    const gaveUp = assert.rejects(silent, { name: "AbortError" });
    await requested(1);
    assert.equal((await ask(path)).status, 200);
    assert.equal(answered, false);
    patience.abort();
    await gaveUp;

    const other = await Imds.start({ issuer, identities: all });
    other.fault = () => ({ instead: "silence" });
    const cut = assert.rejects(fetch(other.url + path, { headers: { Metadata: "true" } }), /fetch failed/);
    await requested(1, other);
    await other.close();
    await cut;
  });

  test("a token with another audience, another holder or in the past, with the usual answer", async () => {
    identities = all();
    const over = Math.floor(Date.now() / 1000) - 60;
    issuer.override = { aud: "https://example.com", oid: stranger.objectId, exp: over };
    const { status, body } = await ask(path);
    const claims = decodeJwt(body.access_token ?? "");
    assert.deepEqual([claims.aud, claims.oid, claims.exp], ["https://example.com", stranger.objectId, over]);
    assert.deepEqual([status, body.resource, body.client_id], [200, RESOURCE, system.clientId]);
    assert.equal(Number(body.expires_on) > over, true);
  });
});

/** Resolves when so many requests have come. */
async function requested(count: number, service = imds): Promise<void> {
  while (service.requests < count) await new Promise(setImmediate);
}
