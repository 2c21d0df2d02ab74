import assert from "node:assert/strict";
import { test } from "node:test";
import { secureTransport as rule } from "../../policies/rules/secureTransport.ts";
import { judge, messages, UNKNOWN, UNTOUCHABLE } from "./judged.ts";

const type = "azure-native:dbforpostgresql:Configuration";
const parameter = (configurationName: unknown, value: unknown) =>
  judge(rule, { type, name: "tls", props: { configurationName, value } });

test("connections without TLS are refused in every spelling of on, and of nothing else", () => {
  for (const value of ["on", "ON", "true", "1"]) {
    assert.deepEqual(parameter("require_secure_transport", value), { violations: [] }, value);
  }
  for (const value of ["off", "OFF", "false", "0", "", undefined]) {
    assert.match(messages(parameter("require_secure_transport", value)).join(), /must be "on"/, value);
  }
  assert.equal(parameter("Require_Secure_Transport", "off").violations.length, 1, "names have no case");
  assert.deepEqual(parameter("log_connections", "off"), { violations: [] });
});

test("an unknown value waits for up, unless it is another parameter's", () => {
  assert.match(parameter("require_secure_transport", UNKNOWN).waits ?? "", /value of "tls"/);
  assert.match(parameter(UNKNOWN, "off").waits ?? "", /configurationName of "tls"/);
  assert.deepEqual(parameter("log_connections", UNKNOWN), { violations: [] });
});

test("other resources are not looked at", () => {
  assert.match(judge(rule, { type: "azure-native:sql:Server", props: UNTOUCHABLE }).notApplicable ?? "", /parameter/);
});
