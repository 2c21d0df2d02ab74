import assert from "node:assert/strict";
import { test } from "node:test";
import { firewallNoAzureServices as rule } from "../../policies/rules/firewallNoAzureServices.ts";
import { judge, messages, UNKNOWN, UNTOUCHABLE } from "./judged.ts";

const type = "azure-native:dbforpostgresql:FirewallRule";
const range = (startIpAddress: unknown, endIpAddress: unknown) =>
  judge(rule, { type, name: "azure", props: { startIpAddress, endIpAddress } });

test("0.0.0.0 to 0.0.0.0, which is all of Azure, is refused, and nothing else", () => {
  assert.deepEqual(messages(range("0.0.0.0", "0.0.0.0")), ['"azure" lets in all of Azure (0.0.0.0 to 0.0.0.0).']);
  for (const [start, end] of [
    ["20.1.2.3", "20.1.2.3"],
    ["0.0.0.0", "0.0.0.1"],
    ["0.0.0.0", "255.255.255.255"],
    ["", ""],
  ]) {
    assert.deepEqual(range(start, end), { violations: [] }, `${start} to ${end}`);
  }
});

test("an unknown end waits for up", () => {
  const judged = range(UNKNOWN, "0.0.0.0");
  assert.deepEqual(judged.violations, []);
  assert.match(judged.waits ?? "", /startIpAddress of "azure"/);
});

test("other resources are not looked at", () => {
  assert.match(
    judge(rule, { type: "azure-native:sql:FirewallRule", props: UNTOUCHABLE }).notApplicable ?? "",
    /firewall/,
  );
});
