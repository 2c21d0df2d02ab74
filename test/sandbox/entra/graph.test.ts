import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { after, test } from "node:test";
import { Directory } from "../../../sandbox/entra/directory.ts";
import { Graph } from "../../../sandbox/entra/graph.ts";
import { TokenIssuer } from "../../../sandbox/entra/tokenIssuer.ts";
import { GRAPH_RESOURCE, MANAGEMENT_RESOURCE } from "../../../sandbox/entra/tokenRequest.ts";
import { temporaryDirectory } from "../../harness/testServer.ts";

const dir = temporaryDirectory();
const directory = new Directory(dir);
const issuer = await TokenIssuer.open(directory, dir);
const ada = directory.add({ displayName: "Ada", type: "user", userPrincipalName: "ada@example.com" });
const team = directory.add({ displayName: "team", type: "group" });
const graph = await Graph.start(directory, issuer);
after(async () => {
  await graph.close();
  rmSync(dir, { recursive: true, force: true });
});

async function ask(id: string, resource = GRAPH_RESOURCE) {
  const { accessToken } = await issuer.issue(ada, resource);
  const headers = { Authorization: `Bearer ${accessToken}` };
  const answer = await fetch(new URL(`/v1.0/directoryObjects/${id}`, graph.url), { headers });
  const body = (await answer.json()) as Record<string, unknown>;
  return [answer.status, (body.error as { code: string } | undefined)?.code ?? body["@odata.type"]];
}

test("a principal is answered with its type, an unknown object id with 404", async () => {
  assert.deepEqual(await ask(ada.objectId), [200, "#microsoft.graph.user"]);
  assert.deepEqual(await ask(team.objectId), [200, "#microsoft.graph.group"]);
  assert.deepEqual(await ask("11111111-2222-3333-4444-555555555555"), [404, "Request_ResourceNotFound"]);
});

test("a token of another service and a login without the right are refused", async () => {
  assert.deepEqual(await ask(ada.objectId, MANAGEMENT_RESOURCE), [401, "InvalidAuthenticationToken"]);
  graph.forbidden = true;
  assert.deepEqual(await ask(ada.objectId), [403, "Authorization_RequestDenied"]);
  graph.forbidden = false;
});
