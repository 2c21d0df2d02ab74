import assert from "node:assert/strict";
import { test } from "node:test";
import { entraOnlyAuthentication as rule } from "../../policies/rules/entraOnlyAuthentication.ts";
import { judge, messages, UNKNOWN, UNKNOWN_OBJECT, UNTOUCHABLE } from "./judged.ts";

const type = "azure-native:dbforpostgresql:Server";
const authConfig = { activeDirectoryAuth: "Enabled", passwordAuth: "Disabled" };

test("Entra on and passwords off passes, in every version of the API", () => {
  for (const token of [
    type,
    "azure-native:dbforpostgresql/v20240801:Server",
    "azure-native_dbforpostgresql_v20240801:dbforpostgresql:Server",
  ]) {
    assert.deepEqual(judge(rule, { type: token, props: { authConfig } }), { violations: [] }, token);
    assert.equal(judge(rule, { type: token, props: {} }).violations.length, 2, token);
  }
});

test("each setting, its absence, and a password administrator are named", () => {
  const told = (props: Record<string, unknown>) => messages(judge(rule, { type, name: "db", props })).join("\n");
  assert.match(told({ authConfig: { ...authConfig, passwordAuth: "Enabled" } }), /^"db" takes passwords.*Disabled"\.$/);
  assert.match(
    told({ authConfig: { ...authConfig, activeDirectoryAuth: "Disabled" } }),
    /^"db" does not take .*Enabled"\.$/,
  );
  assert.match(told({}), /does not take Microsoft Entra tokens[\s\S]*takes passwords/);
  assert.match(told({ authConfig, administratorLogin: "root" }), /leave administratorLogin out/);
  assert.match(told({ authConfig, administratorLoginPassword: "secret" }), /leave administratorLoginPassword out/);
  assert.doesNotMatch(told({ authConfig, administratorLoginPassword: "secret" }), /secret/);
});

test("what is known is judged, what is not waits for up", () => {
  const half = judge(rule, {
    type,
    name: "db",
    props: { authConfig: { activeDirectoryAuth: UNKNOWN, passwordAuth: "Enabled" } },
  });
  assert.match(messages(half).join(), /takes passwords/);
  assert.match(half.waits ?? "", /authConfig\.activeDirectoryAuth of "db" \(azure-native:dbforpostgresql:Server\)/);
  const nothing = judge(rule, { type, props: { authConfig: UNKNOWN_OBJECT } });
  assert.deepEqual(nothing.violations, []);
  assert.match(nothing.waits ?? "", /authConfig of "it"/);
});

test("other resources are not looked at", () => {
  for (const other of [
    "azure-native:dbforpostgresql:SingleServer",
    "azure-native:dbformysql:Server",
    "my:index:Server",
  ]) {
    assert.match(judge(rule, { type: other, props: UNTOUCHABLE }).notApplicable ?? "", /flexible server/);
  }
});
