import assert from "node:assert/strict";
import { test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { addressText } from "../../../components/azure/firewallRange.ts";
import {
  check,
  diff,
  type FirewallDriftCheckInputs,
} from "../../../components/driftCheck/firewallDriftCheckRuntime.ts";
import { UNKNOWN } from "../../../components/postgres/fieldDiff.ts";
import { inputsOf, recordResources, resolved, settled } from "../../harness/mocks.ts";

const SERVER_ID = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.DBforPostgreSQL/flexibleServers/db";
const inputs: FirewallDriftCheckInputs = {
  serverId: SERVER_ID,
  rules: [
    { name: "vm", startIpAddress: "20.0.0.7", endIpAddress: "20.0.0.7" },
    { name: "office", startIpAddress: "20.0.1.0", endIpAddress: "20.0.1.255" },
  ],
  deadlineSeconds: 300,
  drift: {},
};
const failures = async (changes: object) =>
  (await check(inputs, { ...inputs, ...changes })).failures.map(({ property, reason }) => `${property} ${reason}`);

test("the state stores a stub that names the runtime, and the rules as inputs", async () => {
  const registered = await recordResources();
  const { FirewallDriftCheck } = await import("entra-postgres");
  const address = pulumi.output("20.0.0.7");
  const driftCheck = new FirewallDriftCheck("app", {
    serverId: SERVER_ID,
    rules: [
      { name: "vm", startIpAddress: address, endIpAddress: address },
      { name: "office", startIpAddress: "20.0.1.0", endIpAddress: "20.0.1.255" },
    ],
  });
  await resolved(driftCheck.urn);
  await settled(driftCheck);
  const [given] = inputsOf(registered, "pulumi-nodejs:dynamic/entra-postgres:FirewallDriftCheck");
  const { __provider: text, ...rest } = given as { __provider: string };
  assert.ok(text.length < 4000, `the stub has ${text.length} characters`);
  assert.match(text, /entra-postgres\/firewall-drift-check-runtime/);
  assert.doesNotMatch(text, /node_modules|\/home\/|getToken|fetch\(/);
  assert.deepEqual(rest, inputs);
});

test("an invalid server, rule or deadline is refused by the name of its input", async () => {
  assert.deepEqual(await failures({}), []);
  assert.deepEqual(await failures({ rules: [] }), []);
  assert.match((await failures({ serverId: "db" }))[0] ?? "", /^serverId "db" is not the ARM id of a flexible server/);
  assert.match((await failures({ serverId: `${SERVER_ID}/firewallRules/x` }))[0] ?? "", /^serverId /);
  assert.deepEqual(await failures({ rules: "all" }), ["rules is not a list"]);
  const incomplete = [...inputs.rules, { name: "home", startIpAddress: "", endIpAddress: "20.0.2.1" }];
  assert.deepEqual(await failures({ rules: incomplete }), [
    "rules has an entry at 2 without name, startIpAddress, endIpAddress",
  ]);
  for (const deadlineSeconds of [0, 3601, "soon"]) {
    assert.match((await failures({ deadlineSeconds }))[0] ?? "", /^deadlineSeconds .* is not a number of seconds/);
  }
});

test("an address that a preview does not know passes and shows as a change", async () => {
  const rules = inputs.rules.map((rule) => ({ ...rule, startIpAddress: UNKNOWN }));
  assert.deepEqual(await failures({ rules }), []);
  assert.deepEqual(await failures({ rules: UNKNOWN, serverId: UNKNOWN, deadlineSeconds: UNKNOWN }), []);
  const { changes, replaces } = await diff("", inputs, { ...inputs, rules });
  assert.deepEqual([changes, replaces], [true, []]);
});

test("only another server replaces the check", async () => {
  const elsewhere = await diff("", inputs, { ...inputs, serverId: `${SERVER_ID}2` });
  assert.deepEqual(elsewhere.replaces, ["serverId"]);
  assert.equal((await diff("", inputs, structuredClone(inputs))).changes, false);
  const later = await diff("", inputs, { ...inputs, deadlineSeconds: 60 });
  assert.deepEqual([later.changes, later.replaces], [true, []]);
});

test("a rule's addresses are shown in words", () => {
  assert.equal(addressText({ startIpAddress: "20.0.0.7", endIpAddress: "20.0.0.7" }), "20.0.0.7");
  assert.equal(addressText({ startIpAddress: "0.0.0.0", endIpAddress: "20.0.0.7" }), "0.0.0.0 to 20.0.0.7");
  assert.equal(
    addressText({ startIpAddress: "0.0.0.0", endIpAddress: "255.255.255.255" }),
    "0.0.0.0 to 255.255.255.255, the whole Internet",
  );
  assert.equal(
    addressText({ startIpAddress: "0.0.0.0", endIpAddress: "0.0.0.0" }),
    "0.0.0.0, every address inside Azure",
  );
});
