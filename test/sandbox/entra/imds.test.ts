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
import { temporaryDirectory } from "../../harness/testServer.ts";

const RESOURCE = "https://ossrdbms-aad.database.windows.net";
const PATH = "/metadata/identity/oauth2/token";
const VERSION = "api-version=2018-02-01";
const QUERY = `${VERSION}&resource=${RESOURCE}`;
const METADATA = { Metadata: "true" };

const dir = temporaryDirectory();
const directory = new Directory(dir);
const issuer = await TokenIssuer.open(directory, dir);
let issued = 0;
issuer.onIssue = () => {
  issued += 1;
};
const add = (name: string) =>
  directory.add({ displayName: name, type: "service", resourceId: `/subscriptions/s/${name}` });
const [system, first, second, stranger] = [add("vm"), add("one"), add("two"), add("stranger")];
const SYSTEM = { principal: system, kind: "system" } as const;
const USERS = [first, second].map((principal) => ({ principal, kind: "user" }) as const);
const ALL = [...USERS, SYSTEM];
let identities: (typeof ALL)[number][] = ALL;
const imds = await Imds.start({ issuer, identities: () => identities });
after(async () => {
  await imds.close();
  rmSync(dir, { recursive: true, force: true });
});
afterEach(() => {
  identities = ALL;
});

interface Answer {
  status: number;
  body: Record<string, string>;
}

async function ask(path = PATH, query = QUERY, headers: Record<string, string> = METADATA, method = "GET") {
  const response = await fetch(`${imds.url}${path}?${query}`, { headers, method });
  return { status: response.status, body: (await response.json()) as Record<string, string> };
}

/** The claims of an answer's token. */
function claimsOf({ body }: Answer) {
  return decodeJwt(body.access_token ?? "");
}

test("a token's answer has Azure's form", async () => {
  const answer = await ask();
  const { access_token: _, expires_on: end, not_before: start, ...rest } = answer.body;
  const fixed = { expires_in: "86400", ext_expires_in: "86400", resource: RESOURCE, token_type: "Bearer" };
  assert.deepEqual(rest, { ...fixed, client_id: system.clientId });
  assert.equal(Number(end) - Number(start), 86_400);
  const { oid, aud, exp } = claimsOf(answer);
  assert.deepEqual([answer.status, oid, aud, String(exp)], [200, system.objectId, RESOURCE, end]);
});

test("the path may have the slashes that some SDKs send", async () => {
  for (const path of [`${PATH}/`, `/${PATH}`, `/${PATH}//`]) assert.equal((await ask(path)).status, 200, path);
});

describe("the identity is chosen by", () => {
  for (const [what, selector, { objectId }] of [
    ["a client id", `client_id=${second.clientId}`, second],
    ["a client id in capitals", `client_id=${second.clientId?.toUpperCase()}`, second],
    ["an object id", `object_id=${first.objectId}`, first],
    ["a resource id as Node and Python name it", `msi_res_id=${first.resourceId}`, first],
    ["a resource id as Java names it", `mi_res_id=${first.resourceId?.toUpperCase()}`, first],
    ["the system-assigned identity's client id", `client_id=${system.clientId}`, system],
  ] as const) {
    test(what, async () => assert.equal(claimsOf(await ask(PATH, `${QUERY}&${selector}`)).oid, objectId));
  }

  test("no selector where the only identity is user-assigned", async () => {
    identities = USERS.slice(0, 1);
    assert.equal(claimsOf(await ask()).oid, first.objectId);
  });
});

test("the resource becomes the audience unchanged", async () => {
  for (const resource of [`${RESOURCE}/`, "https://management.azure.com", "https://management.azure.com/"]) {
    assert.equal(claimsOf(await ask(PATH, `${VERSION}&resource=${resource}`)).aud, resource);
  }
});

test("App Service's form gives a token, too", async () => {
  const query = `api-version=2019-08-01&resource=${RESOURCE}&client_id=${first.clientId}`;
  const answer = await ask("/msi/token", query, { "X-IDENTITY-HEADER": imds.appServiceHeader });
  const { access_token: _, expires_on: end, not_before: start, ...rest } = answer.body;
  assert.deepEqual(rest, { client_id: first.clientId, resource: RESOURCE, token_type: "Bearer" });
  assert.deepEqual([answer.status, claimsOf(answer).oid], [200, first.objectId]);
  assert.equal(Number(end) - Number(start), 86_400);
});

test("Azure's SDK for Node gets a token", async () => {
  process.env.AZURE_POD_IDENTITY_AUTHORITY_HOST = imds.url;
  try {
    const credential = new ManagedIdentityCredential({ clientId: first.clientId ?? "" });
    const { token } = await credential.getToken(`${RESOURCE}/.default`);
    assert.deepEqual([decodeJwt(token).oid, decodeJwt(token).aud], [first.objectId, RESOURCE]);
  } finally {
    delete process.env.AZURE_POD_IDENTITY_AUTHORITY_HOST;
  }
});

interface Refused {
  path?: string;
  query?: string;
  headers?: Record<string, string>;
  method?: string;
  identities?: typeof identities;
  status?: number;
  error?: string;
  description: RegExp;
}

describe("the metadata service issues no token for", () => {
  const notFound = /^Identity not found$/;
  const appService = { path: "/msi/token", query: `api-version=2019-08-01&resource=${RESOURCE}` };
  const unauthorized = { status: 401, error: "unauthorized", description: /X-IDENTITY-HEADER/ };
  const unknown = { error: "invalid_resource", description: /AADSTS500011: .*https:\/\/\S+ was not found/ };
  const cases: Record<string, Refused> = {
    "a missing Metadata header": { headers: {}, description: /^Required metadata header not specified$/ },
    "Metadata: false": { headers: { Metadata: "false" }, description: /Required metadata header/ },
    "a forwarded request": { headers: { ...METADATA, "X-Forwarded-For": "10.0.0.1" }, description: /X-Forwarded-For/ },
    "no api-version": { query: `resource=${RESOURCE}`, description: /'api-version' is missing/ },
    "an unknown api-version": {
      query: `api-version=2017-01-01&resource=${RESOURCE}`,
      description: /2017-01-01 is not supported; use 2018-02-01 to/,
    },
    "no resource": { query: VERSION, description: /'resource' is missing/ },
    "an unknown resource": { query: `${VERSION}&resource=https://example.com`, ...unknown },
    "a scope in place of a resource": { query: `${QUERY}/.default`, ...unknown },
    "two resources": { query: `${QUERY}&resource=${RESOURCE}`, description: /more than once/ },
    "an unknown client id": { query: `${QUERY}&client_id=${stranger.clientId}`, description: notFound },
    "another machine's object id": { query: `${QUERY}&object_id=${stranger.objectId}`, description: notFound },
    "an object id as client id": { query: `${QUERY}&client_id=${first.objectId}`, description: notFound },
    "two selectors": {
      query: `${QUERY}&client_id=${first.clientId}&object_id=${second.objectId}`,
      description: /client_id, object_id/,
    },
    "no selector and several user-assigned identities": {
      identities: USERS,
      description:
        /^Multiple user assigned identities exist, please specify the clientId \/ resourceId of the identity in the token request$/,
    },
    "a machine without an identity": { identities: [], description: notFound },
    "another path": { path: "/metadata/instance", status: 404, error: "not_found", description: /no \/metadata\/inst/ },
    "another method": { method: "POST", status: 405, error: "method_not_allowed", description: /POST/ },
    "App Service's form without its header": { ...appService, ...unauthorized },
    "App Service's form with a wrong header": {
      ...appService,
      ...unauthorized,
      headers: { "X-IDENTITY-HEADER": "x" },
    },
    "another version of App Service's form": {
      path: "/msi/token",
      query: `api-version=2017-09-01&resource=${RESOURCE}`,
      headers: { "X-IDENTITY-HEADER": imds.appServiceHeader },
      description: /2017-09-01/,
    },
  };
  for (const [what, { status = 400, error = "invalid_request", description, ...request }] of Object.entries(cases)) {
    test(what, async () => {
      identities = request.identities ?? ALL;
      const before = issued;
      const answer = await ask(request.path, request.query, request.headers, request.method);
      assert.deepEqual([answer.status, answer.body.error, issued], [status, error, before]);
      assert.match(answer.body.error_description ?? "", description);
    });
  }
});

test("the metadata service listens on loopback only", async () => {
  await assert.rejects(Imds.start({ issuer, identities: () => ALL, address: "0.0.0.0" }), /loopback only/);
});

describe("a test can have the metadata service answer with", () => {
  const send = (signal?: AbortSignal, url = imds.url) =>
    fetch(`${url}${PATH}?${QUERY}`, { headers: METADATA, ...(signal ? { signal } : {}) });
  beforeEach(() => {
    imds.requests = 0;
  });
  afterEach(() => {
    imds.fault = undefined;
    issuer.override = {};
  });

  test("another status for some requests, without issuing a token", async () => {
    const statuses = [404, 410, 429, 500, 503];
    imds.fault = (request) => {
      const status = statuses[request - 1];
      return status === undefined ? undefined : { status, headers: { "retry-after": String(request) } };
    };
    const before = issued;
    for (const [index, status] of statuses.entries()) {
      const answer = await send();
      assert.deepEqual([answer.status, answer.headers.get("retry-after")], [status, String(index + 1)]);
      assert.equal(await answer.text(), "");
    }
    assert.equal(issued, before);
    assert.equal(claimsOf(await ask()).oid, system.objectId);
  });

  test("any text and type", async () => {
    for (const [type, body] of [
      ["text/html", "<html><body>Sign in</body></html>"],
      ["application/json", '{"access_token":"ey'],
    ] as const) {
      imds.fault = () => ({ status: 200, headers: { "content-type": type }, body });
      const answer = await send();
      assert.deepEqual([answer.status, answer.headers.get("content-type"), await answer.text()], [200, type, body]);
    }
  });

  test("the usual token after a delay", async () => {
    imds.fault = () => ({ delaySeconds: 0.2 });
    const asked = performance.now();
    assert.equal(claimsOf(await ask()).oid, system.objectId);
    // Only a lower bound, which a slow machine cannot miss.
    assert.ok(performance.now() - asked >= 199);
  });

  test("a reset of the connection", async () => {
    imds.fault = () => ({ instead: "reset" });
    // A connection that is only closed has the same code and the message "socket hang up".
    await assert.rejects(once(get(`${imds.url}${PATH}`), "response"), {
      code: "ECONNRESET",
      message: "read ECONNRESET",
    });
  });

  test("nothing until the client gives up or the service is closed", async () => {
    const own = await Imds.start({ issuer, identities: () => ALL });
    own.fault = (request) => (request <= 2 ? { instead: "silence" } : undefined);
    const patience = new AbortController();
    const gaveUp = assert.rejects(send(patience.signal, own.url), { name: "AbortError" });
    const cut = assert.rejects(send(undefined, own.url), /fetch failed/);
    while (own.requests < 2) await new Promise(setImmediate);
    assert.equal((await send(undefined, own.url)).status, 200);
    patience.abort();
    await gaveUp;
    await own.close();
    await cut;
  });

  test("a token with other claims", async () => {
    const past = Math.floor(Date.now() / 1000) - 60;
    issuer.override = { aud: "https://example.com", oid: stranger.objectId, exp: past };
    const answer = await ask();
    const { aud, oid, exp } = claimsOf(answer);
    assert.deepEqual([aud, oid, exp], ["https://example.com", stranger.objectId, past]);
    assert.deepEqual([answer.body.resource, answer.body.client_id], [RESOURCE, system.clientId]);
    assert.equal(Number(answer.body.expires_on) > past, true);
  });
});
