import assert from "node:assert/strict";
import { test } from "node:test";
import { firewallNoWideRange as rule } from "../../policies/rules/firewallNoWideRange.ts";
import { judge, messages, UNKNOWN, UNTOUCHABLE } from "./judged.ts";

const type = "azure-native:dbforpostgresql:FirewallRule";
const range = (startIpAddress: unknown, endIpAddress: unknown, config = {}) =>
  judge(rule, { type, name: "people", props: { startIpAddress, endIpAddress } }, config);

test("a rule lets in as many addresses as the prefix has, and not one more", () => {
  assert.deepEqual(range("20.1.2.3", "20.1.2.3"), { violations: [] });
  assert.deepEqual(range("20.1.2.0", "20.1.2.255"), { violations: [] });
  assert.deepEqual(range("20.1.2.128", "20.1.3.127"), { violations: [] });
  assert.deepEqual(messages(range("20.1.2.0", "20.1.3.0")), [
    '"people" lets in 257 addresses, 20.1.2.0 to 20.1.3.0; at most 256 are allowed (a /24).',
  ]);
  assert.match(messages(range("0.0.0.0", "255.255.255.255")).join(), /4294967296 addresses/);
});

test("the prefix is configurable, from one address to a /8", () => {
  assert.equal(range("20.1.2.3", "20.1.2.4", { minimumPrefix: 32 }).violations.length, 1);
  assert.deepEqual(range("20.1.2.3", "20.1.2.3", { minimumPrefix: 32 }), { violations: [] });
  assert.deepEqual(range("20.0.0.0", "20.255.255.255", { minimumPrefix: 8 }), { violations: [] });
  assert.equal(range("20.0.0.0", "21.0.0.0", { minimumPrefix: 8 }).violations.length, 1);
  const { minimum, maximum } = rule.configSchema?.properties.minimumPrefix ?? {};
  assert.deepEqual([minimum, maximum], [8, 32]);
});

test("what is no range of IPv4 addresses is refused, too", () => {
  for (const [start, end] of [
    ["20.1.2.4", "20.1.2.3"],
    ["20.1.2", "20.1.2.3"],
    ["::1", "::1"],
    [undefined, "20.1.2.3"],
  ]) {
    assert.match(messages(range(start, end)).join(), /is no range of IPv4 addresses/);
  }
});

test("an unknown end waits for up", () => {
  assert.match(range("20.1.2.3", UNKNOWN).waits ?? "", /endIpAddress of "people"/);
  assert.match(range(UNKNOWN, "20.1.2.3").waits ?? "", /startIpAddress of "people"/);
  assert.deepEqual(range(UNKNOWN, UNKNOWN).violations, []);
});

test("other servers' rules are not looked at", () => {
  for (const other of ["azure-native:dbforpostgresql:ServerGroupFirewallRule", "azure-native:sql:FirewallRule"]) {
    assert.match(judge(rule, { type: other, props: UNTOUCHABLE }).notApplicable ?? "", /firewall rule/);
  }
});
