import assert from "node:assert/strict";
import { test } from "node:test";
import { differences } from "../../delivery/events/valueDifference.ts";

const SECRET = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "[secret]" };

test("objects are compared as deep as they go, but for the engine's own properties", () => {
  const before = { days: 7, geo: "Disabled", "a.b": 1, __defaults: ["x"] };
  const after = { days: 9, geo: "Disabled", "a.b": 2, __defaults: [] };
  assert.deepEqual(differences("backup", before, after), [
    { path: "backup.days", before: 7, after: 9 },
    { path: 'backup["a.b"]', before: 1, after: 2 },
  ]);
  assert.deepEqual(differences("same", { a: [1] }, { a: [1] }), []);
});

test("a list that got longer or shorter tells what came and what went, not all that moved", () => {
  const [a, b, c] = [{ name: "a" }, { name: "b" }, { name: "c" }];
  assert.deepEqual(differences("admins", [a, c], [a, b, c]), [{ path: "admins[1]", before: undefined, after: b }]);
  assert.deepEqual(differences("admins", [a, b], [b]), [{ path: "admins[0]", before: a, after: undefined }]);
  assert.deepEqual(differences("twice", [1], [1, 1]), [{ path: "twice", before: [1], after: [1, 1] }]);
});

test("a list of the same length is compared place by place", () => {
  assert.deepEqual(differences("rules", [{ p: 1, q: 1 }], [{ p: 1, q: 2 }]), [
    { path: "rules[0].q", before: 1, after: 2 },
  ]);
});

test("a secret is not looked into, and what became of another kind is told as a whole", () => {
  assert.deepEqual(differences("x", SECRET, { a: 1 }), [{ path: "x", before: SECRET, after: { a: 1 } }]);
  assert.deepEqual(differences("x", { a: 1 }, "unknown"), [{ path: "x", before: { a: 1 }, after: "unknown" }]);
  assert.deepEqual(differences("x", null, {}), [{ path: "x", before: null, after: {} }]);
});
