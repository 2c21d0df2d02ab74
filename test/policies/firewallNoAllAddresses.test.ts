import assert from "node:assert/strict";
import { test } from "node:test";
import { firewallNoAllAddresses as rule } from "../../policies/rules/firewallNoAllAddresses.ts";
import { judge, messages, UNKNOWN, UNTOUCHABLE } from "./judged.ts";

const type = "azure-native:dbforpostgresql:FirewallRule";
const range = (startIpAddress: unknown, endIpAddress: unknown) =>
  judge(rule, { type, name: "open", props: { startIpAddress, endIpAddress } });

test("the whole Internet is refused, with its ends moved a little, too", () => {
  assert.deepEqual(messages(range("0.0.0.0", "255.255.255.255")), [
    '"open" opens the server to the whole Internet (0.0.0.0 to 255.255.255.255).',
  ]);
  for (const [start, end] of [
    ["0.0.0.1", "255.255.255.254"],
    ["0.0.0.0", "127.255.255.255"],
    ["128.0.0.0", "255.255.255.255"],
  ]) {
    assert.equal(range(start, end).violations.length, 1, `${start} to ${end}`);
  }
});

test("less than half of it is the other rule's; all of Azure, and what is no range, too", () => {
  for (const [start, end] of [
    ["0.0.0.0", "127.255.255.254"],
    ["20.1.2.3", "20.1.2.3"],
    ["0.0.0.0", "0.0.0.0"],
    ["255.255.255.255", "0.0.0.0"],
    ["none", "255.255.255.255"],
  ]) {
    assert.deepEqual(range(start, end), { violations: [] }, `${start} to ${end}`);
  }
});

test("an unknown end waits for up", () => {
  const judged = range("0.0.0.0", UNKNOWN);
  assert.deepEqual(judged.violations, []);
  assert.match(judged.waits ?? "", /endIpAddress of "open"/);
});

test("other resources are not looked at", () => {
  assert.match(
    judge(rule, { type: "azure-native:sql:FirewallRule", props: UNTOUCHABLE }).notApplicable ?? "",
    /firewall/,
  );
});
