import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { after, test } from "node:test";
import { Directory } from "../../../sandbox/entra/directory.ts";
import { temporaryDirectory } from "../../harness/testServer.ts";

const dirs: string[] = [];
after(() => {
  for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
});

function makeDirectory(): { directory: Directory; reopen: () => Directory } {
  const dir = temporaryDirectory();
  dirs.push(dir);
  return { directory: new Directory(dir), reopen: () => new Directory(dir) };
}

test("keeps the tenant and its principals between runs", () => {
  const { directory, reopen } = makeDirectory();
  const vm = directory.add({ displayName: "vm", type: "service", resourceId: "/vm" });
  assert.match(vm.objectId, /^[0-9a-f-]{36}$/);
  assert.notEqual(vm.objectId, vm.clientId);
  const again = reopen();
  assert.equal(again.tenantId, directory.tenantId);
  assert.deepEqual(again.get(vm.objectId), vm);
  assert.deepEqual(again.byClientId(vm.clientId ?? ""), vm);
});

test("finds users by principal name, others by display name, in exact case and oldest first", () => {
  const { directory } = makeDirectory();
  const first = directory.add({ displayName: "App", type: "service" });
  const second = directory.add({ displayName: "App", type: "group", members: [first.objectId] });
  const user = directory.add({ displayName: "App", type: "user", userPrincipalName: "app@contoso.com" });
  assert.deepEqual(
    directory.findByName("App").map(({ objectId }) => objectId),
    [first.objectId, second.objectId],
  );
  assert.deepEqual(directory.findByName("app"), []);
  assert.deepEqual(directory.findByName("app@contoso.com"), [user]);
});

test("takes an object id in any case and keeps it in lower case", () => {
  const { directory } = makeDirectory();
  const objectId = "0F8FAD5B-D9CB-469F-A165-70867728950E";
  assert.equal(directory.add({ displayName: "x", type: "service", objectId }).objectId, objectId.toLowerCase());
  assert.equal(directory.get(objectId)?.displayName, "x");
});

test("refuses ids that are taken or no GUIDs, and users without a principal name", () => {
  const { directory } = makeDirectory();
  const { objectId, clientId = "" } = directory.add({ displayName: "x", type: "service" });
  assert.throws(() => directory.add({ displayName: "y", type: "service", objectId }), /already has .* object id/);
  assert.throws(() => directory.add({ displayName: "y", type: "service", clientId }), /already has .* client id/);
  assert.throws(() => directory.add({ displayName: "y", type: "service", objectId: `{${objectId}}` }), /not a GUID/);
  assert.throws(() => directory.add({ displayName: "y", type: "group", clientId }), /Only a service principal/);
  assert.throws(() => directory.add({ displayName: "y", type: "user" }), /userPrincipalName/);
  assert.equal(directory.list().length, 1);
});

test("removes a principal from its groups too", () => {
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

test("ends the search in groups that hold each other", () => {
  const { directory } = makeDirectory();
  const [a, b] = ["0f8fad5b-d9cb-469f-a165-70867728950e", "7c9e6679-7425-40de-944b-e07fc1f90ae7"] as const;
  directory.add({ displayName: "a", type: "group", objectId: a, members: [b] });
  directory.add({ displayName: "b", type: "group", objectId: b, members: [a] });
  assert.equal(directory.isMember(a, "9b2c4e8e-3d8a-4b8c-a9ae-0a1b2c3d4e5f"), false);
});

test("shows a new principal to PostgreSQL after the replication delay", () => {
  const { directory } = makeDirectory();
  const before = directory.add({ displayName: "old", type: "service" });
  directory.replicationDelay = 3600;
  const late = directory.add({ displayName: "new", type: "service" });
  assert.equal(directory.isReplicated(before.objectId), true);
  assert.equal(directory.isReplicated(late.objectId), false);
  assert.equal(directory.isReplicated("9b2c4e8e-3d8a-4b8c-a9ae-0a1b2c3d4e5f"), false);
  directory.replicate();
  assert.equal(directory.isReplicated(late.objectId), true);
});

test("tells of changes until it is told to stop", () => {
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

test("hands out copies: changing one does not change the directory", () => {
  const { directory } = makeDirectory();
  const { objectId } = directory.add({ displayName: "x", type: "service" });
  const copy = directory.get(objectId);
  assert.ok(copy);
  copy.displayName = "changed";
  assert.equal(directory.get(objectId)?.displayName, "x");
});
