import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { CERTIFICATE, shownValue, valueAt, withoutSecrets } from "../../delivery/events/propertyValue.ts";

const MARK = "4dabf18193072939515e22adb298388d";
const SECRET = { [MARK]: "1b47061264138c4ac30d75fd1eb44270", ciphertext: "[secret]" };
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const TOKEN = `eyJ${"a".repeat(30)}.${"b".repeat(30)}.${"c".repeat(30)}`;

test("values are shown as JSON, long ones shortened, unknown ones as what they are", () => {
  assert.equal(shownValue("size", "B1ms", 60), '"B1ms"');
  assert.equal(shownValue("tags", { b: 1, __defaults: [] }, 60), '{"b":1}');
  assert.equal(shownValue("text", "x".repeat(100), 10), `"${"x".repeat(8)}…`);
  assert.equal(shownValue("id", UNKNOWN, 60), "(known after up)");
  assert.equal(shownValue("ids", [UNKNOWN], 60), '["(known after up)"]');
  assert.equal(shownValue("gone", undefined, 60), "(none)");
});

test("a secret stays one: by the engine's mark, by its name, by its form", () => {
  for (const [path, value] of [
    ["stdin", SECRET],
    ["settings.password", "hunter2"],
    ["connection", { privateKey: "k" }],
    ["clientSecret", "s"],
    ["token", "t"],
    ["connection", { host: SECRET }],
    ["value", { [MARK]: "d0e6a833031e9bbcd3f4e8bde6ca49a4", secret: true, value: "hunter2" }],
    ["script", `curl -H "Bearer ${TOKEN}"`],
    ["key", "-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2\n-----END OPENSSH PRIVATE KEY-----"],
  ] as const) {
    const shown = shownValue(path, value, 1000);
    assert.match(shown, /\[secret\]/, path);
    assert.doesNotMatch(shown, /hunter2|"k"|"s"|"t"|eyJ/, path);
  }
});

test("certificates are shown by the beginning of their SHA-256, and what stands beside them stays", () => {
  const pem = (text: string) =>
    `-----BEGIN CERTIFICATE-----\n${Buffer.from(text).toString("base64")}\n-----END CERTIFICATE-----`;
  const numbered = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 8);
  assert.equal(shownValue("caCert", `${pem("one")}\n`, 60), `"(certificate ${numbered("one")})"`);
  assert.equal(shownValue("caCert", `${pem("one")}\n${pem("two")}\n`, 60), `"(2 certificates ${numbered("onetwo")})"`);
  for (const one of [pem("one"), `${pem("one")}\n${pem("two")}`]) assert.match(shownValue("x", one, 60), CERTIFICATE);
  assert.equal(
    shownValue("files", [`a: ${pem("one")}\nb: ${pem("two")}\nc`], 120),
    `["a: (certificate ${numbered("one")})\\nb: (certificate ${numbered("two")})\\nc"]`,
  );
  assert.doesNotMatch(shownValue("x", `${pem("one")} and more`, 60), CERTIFICATE);
});

test("what only has a secret's name is shown: it is what a reviewer looks for", () => {
  assert.equal(shownValue("authConfig.passwordAuth", "Disabled", 60), '"Disabled"');
  assert.equal(
    shownValue("linuxConfiguration", { disablePasswordAuthentication: true }, 60),
    '{"disablePasswordAuthentication":true}',
  );
});

test("a shortened token is none", () => {
  assert.equal(shownValue("text", `${"x".repeat(40)} ${TOKEN}`, 60), `"${"x".repeat(40)} [secret]"`);
  assert.equal(withoutSecrets(`a ${TOKEN.slice(0, 60)} b`), "a [secret] b");
});

test("paths are read in the engine's notation, and end at a secret", () => {
  const root = { rules: [{ tags: { "a.b": 1 } }], secret: SECRET };
  assert.equal(valueAt(root, 'rules[0].tags["a.b"]'), 1);
  assert.equal(valueAt(root, "rules[1].tags"), undefined);
  assert.equal(valueAt(root, "rules[0].tags.x.y"), undefined);
  assert.equal(valueAt(root, "secret.ciphertext"), SECRET);
});
