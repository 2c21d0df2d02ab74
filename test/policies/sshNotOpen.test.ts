import assert from "node:assert/strict";
import { test } from "node:test";
import { sshNotOpen as rule } from "../../policies/rules/sshNotOpen.ts";
import { judge, messages, UNKNOWN, UNKNOWN_LIST, UNTOUCHABLE } from "./judged.ts";

const open = {
  direction: "Inbound",
  access: "Allow",
  protocol: "Tcp",
  sourceAddressPrefix: "*",
  destinationPortRange: "22",
};
const group = (securityRules: unknown, config = {}) =>
  judge(rule, { type: "azure-native:network:NetworkSecurityGroup", name: "nsg", props: { securityRules } }, config);
const single = (changes: Record<string, unknown>, config = {}) =>
  judge(rule, { type: "azure-native:network:SecurityRule", name: "ssh", props: { ...open, ...changes } }, config);

test("SSH from anywhere is refused, in a group and as a rule of its own, however it is written", () => {
  assert.deepEqual(messages(group([open])), [
    '"nsg" lets too much of the Internet reach port 22; at most a /24 (IPv6: a /48) is allowed.',
  ]);
  for (const changes of [
    {},
    { protocol: "*" },
    { protocol: "TCP", access: "allow", direction: "inbound" },
    { destinationPortRange: "*" },
    { destinationPortRange: "20-30" },
    { destinationPortRange: "0-65535" },
    { destinationPortRange: undefined, destinationPortRanges: ["80", "20-22"] },
    { sourceAddressPrefix: "Internet" },
    { sourceAddressPrefix: "Any" },
    { sourceAddressPrefix: "0.0.0.0/0" },
    { sourceAddressPrefix: "::/0" },
    { sourceAddressPrefix: "128.0.0.0/1" },
    { sourceAddressPrefix: "0/0" },
    { sourceAddressPrefix: "AzureCloud" },
    { sourceAddressPrefix: "AzureCloud.WestEurope" },
    { sourceAddressPrefix: "0.0.0.0-255.255.255.255" },
    { sourceAddressPrefix: "10.0.0.0 - 192.168.0.255" },
    { sourceAddressPrefix: "20.0.0.0/8" },
    { sourceAddressPrefix: "20.1.0.0/23" },
    { sourceAddressPrefix: "20.1.2.0-20.1.3.0" },
    { sourceAddressPrefix: "2000::/8" },
    { sourceAddressPrefix: "2001:db8::/47" },
    { sourceAddressPrefix: "2001:db8::-2001:db8:2::" },
    { sourceAddressPrefix: "8.0.0.0/6" },
    { sourceAddressPrefix: undefined, sourceAddressPrefixes: ["20.1.2.3", "0.0.0.0/0"] },
    { sourceAddressPrefix: undefined, sourceAddressPrefixes: Array.from({ length: 256 }, (_, i) => `${i}.0.0.0/8`) },
    { sourceAddressPrefix: undefined, sourceAddressPrefixes: ["20.1.2.0/24", "20.1.9.9"] },
    { sourceAddressPrefix: "2001:db8::/48", sourceAddressPrefixes: ["20.1.2.3"] },
  ]) {
    assert.equal(single(changes).violations.length, 1, JSON.stringify(changes));
  }
});

test("other ports, directions, protocols and sources pass", () => {
  for (const changes of [
    { direction: "Outbound" },
    { access: "Deny" },
    { protocol: "Udp" },
    { destinationPortRange: "443" },
    { destinationPortRange: "23-30" },
    { destinationPortRange: "2222" },
    { destinationPortRange: undefined, destinationPortRanges: [] },
    { sourceAddressPrefix: "20.1.2.3" },
    { sourceAddressPrefix: "20.1.2.0/24" },
    { sourceAddressPrefix: "20.1.2.9/24" },
    { sourceAddressPrefix: "20.1.2.0-20.1.2.255" },
    { sourceAddressPrefix: "2001:db8::/48" },
    { sourceAddressPrefix: "VirtualNetwork" },
    { sourceAddressPrefix: "GatewayManager" },
    { sourceAddressPrefix: "172.16.0.0/12" },
    { sourceAddressPrefix: "10.0.0.0-10.255.255.255" },
    { sourceAddressPrefix: "fd00::/8" },
    { sourceAddressPrefix: undefined, sourceAddressPrefixes: ["20.1.2.0/25", "20.1.3.0/25"] },
    { sourceAddressPrefix: undefined, sourceAddressPrefixes: ["20.1.2.3", "10.0.0.0/8"] },
  ]) {
    assert.deepEqual(single(changes), { violations: [] }, JSON.stringify(changes));
  }
  for (const none of [undefined, []]) assert.deepEqual(group(none), { violations: [] });
});

test("ports and the widest source are configurable", () => {
  assert.equal(single({ destinationPortRange: "3389" }, { ports: [22, 3389] }).violations.length, 1);
  assert.deepEqual(single({}, { ports: [3389] }), { violations: [] });
  assert.equal(single({ sourceAddressPrefix: "20.1.0.0/16" }, { minimumPrefix: 17 }).violations.length, 1);
  assert.deepEqual(single({ sourceAddressPrefix: "20.1.0.0/16" }, { minimumPrefix: 16 }), { violations: [] });
  assert.equal(single({ sourceAddressPrefix: "2001:db8::/40" }, { minimumPrefixIpv6: 41 }).violations.length, 1);
  assert.deepEqual(single({ sourceAddressPrefix: "2001:db8::/40" }, { minimumPrefixIpv6: 40 }), { violations: [] });
  const { ports, minimumPrefix } = rule.configSchema?.properties ?? {};
  assert.deepEqual([ports?.minItems, minimumPrefix?.minimum, minimumPrefix?.maximum], [1, 8, 32]);
});

test("a rule that is open decides, whatever is unknown of the others; else the unknown waits for up", () => {
  const closed = { ...open, access: "Deny" };
  assert.deepEqual(single({ sourceAddressPrefix: UNKNOWN }).violations, []);
  assert.match(single({ sourceAddressPrefix: UNKNOWN }).waits ?? "", /sourceAddressPrefix of "ssh"/);
  assert.deepEqual(single({ sourceAddressPrefix: UNKNOWN, access: "Deny" }), { violations: [] });
  assert.equal(single({ sourceAddressPrefix: UNKNOWN, sourceAddressPrefixes: ["*"] }).violations.length, 1);
  assert.equal(single({ sourceAddressPrefixes: UNKNOWN_LIST }).violations.length, 1, "* decides");
  const half = { sourceAddressPrefix: undefined, sourceAddressPrefixes: [UNKNOWN, "20.1.2.0/24", "20.1.3.0/24"] };
  assert.equal(single(half).violations.length, 1);
  const list = single({ sourceAddressPrefix: undefined, sourceAddressPrefixes: UNKNOWN_LIST });
  assert.match(list.waits ?? "", /sourceAddressPrefixes of "ssh"/);
  assert.equal(group([UNKNOWN, open]).violations.length, 1);
  assert.equal(group([{ ...open, sourceAddressPrefix: UNKNOWN }, open]).violations.length, 1);
  assert.match(group([closed, { ...open, protocol: UNKNOWN }]).waits ?? "", /securityRules\.1\.protocol of "nsg"/);
  assert.match(group(UNKNOWN_LIST).waits ?? "", /securityRules of "nsg"/);
});

test("other resources are not looked at", () => {
  const other = "azure-native:network:DefaultAdminRule";
  assert.match(judge(rule, { type: other, props: UNTOUCHABLE }).notApplicable ?? "", /security group/);
});
