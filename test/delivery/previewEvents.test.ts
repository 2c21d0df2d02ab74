import assert from "node:assert/strict";
import { test } from "node:test";
import { readEvents } from "../../delivery/events/readEvents.ts";
import { end, eventLog, policy, step, urnOf, waiting } from "./engineEvents.ts";

const SERVER = "azure-native:dbforpostgresql:Server";
const operations = (log: string) =>
  Object.fromEntries(readEvents(log).resources.map(({ name, operation }) => [name, operation]));

test("the parts of a replacement are one, whichever comes first, with what forces it", () => {
  const detailedDiff = {
    location: { diffKind: "update-replace", inputDiff: true },
    "backup.days": { diffKind: "update", inputDiff: true },
  };
  const before = { location: "westeurope", backup: { days: 7 } };
  const after = { location: "northeurope", backup: { days: 9 } };
  const part = { type: SERVER, name: "db", before, after, protect: true };
  const parts = [
    step({ ...part, op: "delete-replaced" }),
    step({ ...part, op: "replace", detailedDiff }),
    step({ ...part, op: "create-replacement", detailedDiff }),
  ];
  for (const order of [parts, parts.toReversed()]) {
    const [server, ...others] = readEvents(eventLog(...order, end())).resources;
    assert.deepEqual(others, []);
    assert.equal(server?.operation, "replace");
    assert.equal(server?.protected, true);
    assert.deepEqual(server?.changes, [
      { path: "location", before: "westeurope", after: "northeurope", replaces: true },
      { path: "backup.days", before: 7, after: 9, replaces: false },
    ]);
  }
});

test("without a detailed diff the differing inputs are compared; what a provider only filled in is not told as removed", () => {
  const inputs = { before: { host: "a", port: 5432, __provider: "x" }, after: { host: "b", __provider: "y" } };
  const log = (more: object) => eventLog(step({ op: "update", type: "a:b:C", name: "x", ...inputs, ...more }), end());
  const paths = (text: string) => readEvents(text).resources[0]?.changes.map(({ path }) => path);
  assert.deepEqual(paths(log({})), ["host"]);
  assert.deepEqual(paths(log({ diffs: ["host", "port"] })), ["host", "port"]);
  const [change] = readEvents(log({ keys: ["host"] })).resources[0]?.changes ?? [];
  assert.equal(change?.replaces, true);
});

test("a difference to the state's outputs is told with them, and a hidden one without its values", () => {
  const log = eventLog(
    step({
      op: "update",
      type: "a:b:C",
      name: "x",
      before: { size: "wanted" },
      after: { size: "wanted", key: "new" },
      outputs: { size: "found", key: "old" },
      detailedDiff: { size: { diffKind: "update", inputDiff: false }, key: { diffKind: "update", inputDiff: false } },
      hideDiffs: [["key"]],
    }),
  );
  assert.deepEqual(readEvents(log).resources[0]?.changes, [
    { path: "size", before: "found", after: "wanted", replaces: false },
    { path: "key", before: "(hidden)", after: "(hidden)", replaces: false },
  ]);
});

test("of a long list the part that differs is told; a secret that differs is told though it looks the same", () => {
  const secret = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "[secret]" };
  const admins = ["a", "b", "c"].map((name) => ({ name }));
  const inputs = { before: { admins, key: secret }, after: { admins: [...admins, { name: "intruder" }], key: secret } };
  const log = eventLog(step({ op: "update", type: "a:b:C", name: "x", ...inputs, diffs: ["admins", "key"] }));
  assert.deepEqual(readEvents(log).resources[0]?.changes, [
    { path: "admins[3]", before: undefined, after: { name: "intruder" }, replaces: false },
    { path: "key", before: secret, after: secret, replaces: false },
  ]);
});

test("a refresh: what it only looked at is unchanged, what differs is changed, what is gone is deleted", () => {
  const looked = { op: "refresh" } as const;
  const found = { op: "update", event: "resOutputsEvent" } as const;
  const detailedDiff = { endIpAddress: { diffKind: "update", inputDiff: true } };
  const log = eventLog(
    step({ ...looked, type: SERVER, name: "db" }),
    step({ op: "same", event: "resOutputsEvent", type: SERVER, name: "db" }),
    step({ ...found, type: "entra-postgres:index:IdentityVm", name: "vm", component: true }),
    step({ ...found, type: "pulumi:providers:postgresql", name: "own" }),
    step({
      ...found,
      type: "azure-native:dbforpostgresql:FirewallRule",
      name: "rule",
      before: { endIpAddress: "10.0.0.1" },
      after: { endIpAddress: "255.255.255.255" },
      detailedDiff,
    }),
    step({ op: "delete", event: "resOutputsEvent", type: "a:b:Role", name: "role" }),
    // The program registers it all the same.
    step({ op: "same", type: "a:b:Role", name: "role" }),
    end(),
  );
  assert.deepEqual(operations(log), { db: "same", vm: "same", own: "same", rule: "update", role: "delete" });
});

test("providers that the engine made by itself are left out, those that the program made are not", () => {
  const log = eventLog(
    step({ op: "create", type: "pulumi:providers:azure-native", name: "default_3_28_0" }),
    step({ op: "create", type: "pulumi:providers:pulumi-nodejs", name: "default" }),
    step({ op: "create", type: "pulumi:providers:postgresql", name: "default-looking" }),
    end(),
  );
  assert.deepEqual(operations(log), { "default-looking": "create" });
});

test("errors and warnings come once, without colours and tokens; what is logged for debugging never comes", () => {
  const token = `eyJ${"a".repeat(20)}.${"b".repeat(20)}.${"c".repeat(20)}`;
  const said = (severity: string, message: string) => ({ diagnosticEvent: { message, severity, color: "never" } });
  const run = readEvents(
    eventLog(
      said("error", `<{%fg 1%}>no login with ${token}<{%reset%}>\n`),
      said("error", `no login with ${token}`),
      said("warning", "look out"),
      said("debug", "-----BEGIN OPENSSH PRIVATE KEY-----"),
      said("info", "hello"),
    ),
  );
  assert.deepEqual([run.errors, run.warnings], [["no login with [secret]"], ["look out"]]);
  assert.equal(run.complete, false);
  assert.doesNotMatch(JSON.stringify(run), /PRIVATE KEY|hello/);
});

test("a rule that cannot judge yet is told apart from one that is violated", () => {
  const urn = urnOf(SERVER, "db");
  const run = readEvents(
    eventLog(
      { policyAnalyzeSummaryEvent: { resourceUrn: urn, policyPackName: "pack", passed: ["fine"], failed: ["bad"] } },
      { policyAnalyzeStackSummaryEvent: { policyPackName: "pack", passed: ["whole"] } },
      policy({ rule: "bad", message: "Bad.\n<{%note%}>Worse.", level: "mandatory", severity: "high", urn }),
      policy({ rule: "later", message: waiting("later", "string value at .id can't be known during preview"), urn }),
      policy({ rule: "whole-stack", message: "Missing." }),
      end({ pack: true }),
    ),
  );
  assert.deepEqual(
    run.findings.map(({ rule, level, urn, waitsFor }) => ({ rule, level, urn, waitsFor })),
    [
      { rule: "bad", level: "mandatory", urn, waitsFor: undefined },
      { rule: "later", level: "advisory", urn, waitsFor: "string value at .id can't be known during preview" },
      { rule: "whole-stack", level: "advisory", urn: undefined, waitsFor: undefined },
    ],
  );
  assert.equal(run.findings[0]?.message, "Bad.\nWorse.");
  assert.deepEqual(run.rules, ["bad", "fine", "later", "whole", "whole-stack"]);
  assert.deepEqual(run.packs, [{ name: "pack", version: "1.0.0" }]);
});

test("a last line that was cut short is left out; one in the middle is refused by its number", () => {
  const whole = eventLog(step({ op: "create", type: SERVER, name: "db" }));
  assert.deepEqual(operations(`${whole}{"summaryEvent":{"isPre`), { db: "create" });
  assert.equal(readEvents(`${whole}{"summaryEvent":{"isPre`).complete, false);
  assert.throws(() => readEvents(`{"half\n${whole}`), /Line 1 of the engine's event log/);
});

test("a name that looks like a URN's end stays whole", () => {
  const log = eventLog(step({ op: "create", type: SERVER, name: "a::b$c::d" }), end());
  assert.deepEqual(operations(log), { "a::b$c::d": "create" });
});
