import assert from "node:assert/strict";
import { test } from "node:test";
import { commandsIn, problemsOf, settingsOf } from "./settings.ts";

const administrator = (digit: string, name: string) => ({
  objectId: `${digit.repeat(8)}-2222-3333-4444-55555555555a`,
  name,
  type: "Group",
});

test("more administrators keep their order", async () => {
  const more = [administrator("b", "on-call"), administrator("a", "auditors")];
  assert.deepEqual((await settingsOf({ moreAdministrators: more })).moreAdministrators, more);
});

test("an administrator who is named twice is refused, also in capitals", async () => {
  const first = administrator("a", "on-call");
  const again = { ...first, objectId: first.objectId.toUpperCase() };
  const text = await problemsOf({ moreAdministrators: [first, administrator("b", "auditors"), again] });
  assert.match(text, /has 1 problem:/);
  assert.match(
    text,
    /moreAdministrators\[2\]\.objectId is .*\s+allowed: .*; moreAdministrators\[0\]\.objectId is the same/,
  );
  assert.deepEqual(commandsIn(text), ["pulumi config rm --stack test --path 'moreAdministrators[2]'"]);
});

test("two administrators of one name are refused, for it is the name of one role", async () => {
  const text = await problemsOf({ moreAdministrators: [administrator("a", "on-call"), administrator("b", "on-call")] });
  assert.match(text, /has 1 problem:/);
  assert.match(
    text,
    /moreAdministrators\[1\]\.name is "on-call"\s+allowed: .*; moreAdministrators\[0\]\.name is the same/,
  );
  assert.deepEqual(commandsIn(text), ["pulumi config set --stack test --path 'moreAdministrators[1].name' on-call-2"]);
});

test("the same of the administrator who deploys, where the configuration names one", async () => {
  const { objectId, name, type } = administrator("a", "db-admins");
  const admin = { adminObjectId: objectId, adminName: name, adminType: type };
  assert.match(
    await problemsOf({ ...admin, moreAdministrators: [administrator("a", "others")] }),
    /moreAdministrators\[0\]\.objectId is .*\s+allowed: .*; adminObjectId is the same/,
  );
  assert.match(
    await problemsOf({ ...admin, moreAdministrators: [administrator("b", "db-admins")] }),
    /moreAdministrators\[0\]\.name is .*\s+allowed: .*; adminName is the same/,
  );
});

test("entries that are wrong are not compared as well", async () => {
  const wrong = { objectId: "", name: "", type: "Group" };
  assert.match(await problemsOf({ moreAdministrators: [wrong, wrong] }), /has 4 problems/);
});
