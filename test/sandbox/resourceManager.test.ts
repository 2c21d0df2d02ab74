import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { after, test } from "node:test";
import { ResourceManager } from "../../sandbox/azure/resourceManager.ts";
import { Directory } from "../../sandbox/entra/directory.ts";
import { TokenIssuer } from "../../sandbox/entra/tokenIssuer.ts";
import { MANAGEMENT_RESOURCE, POSTGRES_RESOURCE } from "../../sandbox/entra/tokenRequest.ts";
import { temporaryDirectory } from "./testServer.ts";

const dir = temporaryDirectory();
const directory = new Directory(dir);
const issuer = await TokenIssuer.open(directory, dir);
const deployer = directory.add({ displayName: "deployer", type: "service" });
const GROUP = "/subscriptions/s/resourceGroups/g";
const SERVER = `${GROUP}/providers/Microsoft.DBforPostgreSQL/flexibleServers/db`;
const known: Record<string, Record<string, unknown>> = { [GROUP]: { id: GROUP }, [SERVER]: { id: SERVER, name: "db" } };
const manager = await ResourceManager.start({ issuer, find: (id) => known[id] });
after(async () => {
  await manager.close();
  rmSync(dir, { recursive: true, force: true });
});

async function ask(path: string, resource = MANAGEMENT_RESOURCE, method = "GET") {
  const { accessToken } = await issuer.issue(deployer, resource);
  const answer = await fetch(new URL(path, manager.url), {
    method,
    headers: { Authorization: `Bearer ${accessToken}` },
  });
  const body = (await answer.json()) as { id?: string; error?: { code: string } };
  return [answer.status, body.error?.code ?? body.id];
}

test("a server that exists is answered", async () => {
  assert.deepEqual(await ask(`${SERVER}?api-version=2024-08-01`), [200, SERVER]);
});

test("a server that does not, or whose group does not, is Azure's 404", async () => {
  assert.deepEqual(await ask(`${SERVER}2?api-version=2024-08-01`), [404, "ResourceNotFound"]);
  const elsewhere = SERVER.replace("/g/", "/other/");
  assert.deepEqual(await ask(`${elsewhere}?api-version=2024-08-01`), [404, "ResourceGroupNotFound"]);
});

test("what it does not know, it refuses", async () => {
  assert.deepEqual(await ask(SERVER), [400, "MissingApiVersionParameter"]);
  assert.deepEqual(await ask("/subscriptions/s/other?api-version=2024-08-01"), [400, "NotEmulated"]);
  assert.deepEqual(await ask(`${SERVER}?api-version=2024-08-01`, MANAGEMENT_RESOURCE, "DELETE"), [
    405,
    "MethodNotAllowed",
  ]);
});

test("no token, or one for another service, is refused before anything else", async () => {
  assert.equal((await fetch(new URL(SERVER, manager.url))).status, 401);
  assert.deepEqual(await ask(`${SERVER}?api-version=2024-08-01`, POSTGRES_RESOURCE), [
    401,
    "InvalidAuthenticationToken",
  ]);
});
