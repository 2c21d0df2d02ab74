import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { after, test } from "node:test";
import { Directory } from "../../../sandbox/entra/directory.ts";
import { temporaryDirectory } from "../../harness/testServer.ts";

const UNKNOWN = "9b2c4e8e-3d8a-4b8c-a9ae-0a1b2c3d4e5f";
const dirs: string[] = [];
after(() => {
  for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
});

function makeDirectory(): { directory: Directory; reopen: () => Directory } {
  const dir = temporaryDirectory();
  dirs.push(dir);
  return { directory: new Directory(dir), reopen: () => new Directory(dir) };
}

test("the tenant and its principals survive a restart", () => {
  const { directory, reopen } = makeDirectory();
  const vm = directory.add({ displayName: "vm", type: "service", resourceId: "/vm" });
  assert.match(vm.objectId, /^[0-9a-f-]{36}$/);
  assert.notEqual(vm.objectId, vm.clientId);
  const again = reopen();
  assert.equal(again.tenantId, directory.tenantId);
  assert.deepEqual([again.get(vm.objectId), again.byClientId(vm.clientId ?? "")], [vm, vm]);
});

test("users are found by principal name, others by display name, oldest first", () => {
  const { directory } = makeDirectory();
  const first = directory.add({ displayName: "App", type: "service" });
  const second = directory.add({ displayName: "App", type: "group", members: [first.objectId] });
  const user = directory.add({ displayName: "App", type: "user", userPrincipalName: "app@contoso.com" });
  assert.deepEqual(directory.findByName("App"), [first, second]);
  assert.deepEqual(directory.findByName("app"), []);
  assert.deepEqual(directory.findByName("app@contoso.com"), [user]);
});

test("object ids are stored in lower case and found in any", () => {
  const { directory } = makeDirectory();
  assert.equal(directory.add({ displayName: "x", type: "service", objectId: UNKNOWN.toUpperCase() }).objectId, UNKNOWN);
  assert.equal(directory.get(UNKNOWN.toUpperCase())?.displayName, "x");
});

test("taken and malformed ids are refused, and users without a principal name", () => {
  const { directory } = makeDirectory();
  const { objectId, clientId = "" } = directory.add({ displayName: "x", type: "service" });
  for (const [principal, message] of [
    [{ type: "service", objectId }, /already has .* object id/],
    [{ type: "service", clientId }, /already has .* client id/],
    [{ type: "service", objectId: `{${objectId}}` }, /not a GUID/],
    [{ type: "group", clientId }, /Only a service principal/],
    [{ type: "user" }, /userPrincipalName/],
  ] as const) {
    assert.throws(() => directory.add({ displayName: "y", ...principal }), message);
  }
  assert.equal(directory.list().length, 1);
});

test("a removed principal leaves its groups, also those of groups", () => {
  const { directory } = makeDirectory();
  const member = directory.add({ displayName: "m", type: "service" });
  const inner = directory.add({ displayName: "inner", type: "group", members: [member.objectId] });
  const outer = directory.add({ displayName: "outer", type: "group", members: [inner.objectId] });
  assert.equal(directory.isMember(outer.objectId, member.objectId), true);
  directory.remove(member.objectId);
  assert.equal(directory.get(member.objectId), undefined);
  assert.equal(directory.isMember(outer.objectId, member.objectId), false);
  assert.deepEqual(directory.get(inner.objectId)?.members, []);
});

test("the search for members ends in groups that contain each other", () => {
  const { directory } = makeDirectory();
  const [a, b] = ["0f8fad5b-d9cb-469f-a165-70867728950e", "7c9e6679-7425-40de-944b-e07fc1f90ae7"] as const;
  directory.add({ displayName: "a", type: "group", objectId: a, members: [b] });
  directory.add({ displayName: "b", type: "group", objectId: b, members: [a] });
  assert.equal(directory.isMember(a, UNKNOWN), false);
});

test("listeners hear of changes until they unsubscribe", () => {
  const { directory } = makeDirectory();
  let changes = 0;
  const stop = directory.onChange(() => {
    changes += 1;
  });
  const { objectId } = directory.add({ displayName: "x", type: "service" });
  directory.remove(objectId);
  directory.remove(objectId);
  assert.equal(changes, 2);
  stop();
  directory.add({ displayName: "y", type: "service" });
  assert.equal(changes, 2);
});

test("a changed copy does not change the directory", () => {
  const { directory } = makeDirectory();
  const { objectId } = directory.add({ displayName: "x", type: "service" });
  for (const copy of [directory.get(objectId), ...directory.list()]) Object.assign(copy ?? {}, { displayName: "y" });
  assert.equal(directory.get(objectId)?.displayName, "x");
});
