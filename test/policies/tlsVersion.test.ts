import assert from "node:assert/strict";
import { test } from "node:test";
import { tlsVersion as rule } from "../../policies/rules/tlsVersion.ts";
import { judge, messages, UNKNOWN, UNTOUCHABLE } from "./judged.ts";

const type = "azure-native:dbforpostgresql:Configuration";
const parameter = (configurationName: unknown, value: unknown) =>
  judge(rule, { type, name: "tls", props: { configurationName, value } });

test("TLS 1.2 and 1.3 pass as the lowest and the highest version, whatever their case", () => {
  for (const name of ["ssl_min_protocol_version", "ssl_max_protocol_version"]) {
    for (const value of ["TLSv1.2", "TLSv1.3", "tlsv1.2"]) {
      assert.deepEqual(parameter(name, value), { violations: [] }, `${name} ${value}`);
    }
    for (const value of ["TLSv1", "TLSv1.1", "SSLv3", "TLSv1.22"]) {
      assert.match(messages(parameter(name, value)).join(), new RegExp(`^"tls" sets ${name} to "${value}"`));
    }
  }
});

test("names of parameters have no case", () => {
  assert.equal(parameter("SSL_MIN_PROTOCOL_VERSION", "TLSv1").violations.length, 1);
  assert.equal(parameter("Ssl_Min_Protocol_Version", "").violations.length, 1);
  assert.deepEqual(parameter("SSL_MAX_PROTOCOL_VERSION", ""), { violations: [] });
});

test("no highest version is none; no lowest one is refused", () => {
  for (const value of ["", undefined]) {
    assert.deepEqual(parameter("ssl_max_protocol_version", value), { violations: [] });
    assert.equal(parameter("ssl_min_protocol_version", value).violations.length, 1);
  }
});

test("other parameters pass", () => {
  assert.deepEqual(parameter("log_connections", "TLSv1"), { violations: [] });
});

test("an unknown value waits for up, unless it is another parameter's", () => {
  assert.match(parameter("ssl_min_protocol_version", UNKNOWN).waits ?? "", /value of "tls"/);
  assert.match(parameter(UNKNOWN, "TLSv1").waits ?? "", /configurationName of "tls"/);
  assert.deepEqual(parameter("log_connections", UNKNOWN), { violations: [] });
  assert.deepEqual(parameter(UNKNOWN, "TLSv1.3"), { violations: [] });
});

test("other resources are not looked at", () => {
  const other = "azure-native:dbforpostgresql:SingleServerConfiguration";
  assert.match(judge(rule, { type: other, props: UNTOUCHABLE }).notApplicable ?? "", /server parameter/);
});
