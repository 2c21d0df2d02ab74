import assert from "node:assert/strict";
import { test } from "node:test";
import { vmManagedIdentity as rule } from "../../policies/rules/vmManagedIdentity.ts";
import { judge, messages, UNKNOWN, UNTOUCHABLE } from "./judged.ts";

const type = "azure-native:compute:VirtualMachine";
const vm = (identity: unknown) => judge(rule, { type, name: "vm", props: { identity } });

test("a machine has an identity, of its own or given to it", () => {
  for (const word of ["SystemAssigned", "UserAssigned", "SystemAssigned, UserAssigned"]) {
    assert.deepEqual(vm({ type: word }), { violations: [] }, word);
  }
  for (const none of [undefined, {}, { type: "None" }]) {
    assert.deepEqual(messages(vm(none)), ['"vm" has no managed identity.']);
  }
});

test("an unknown one waits for up", () => {
  assert.deepEqual(vm({ type: UNKNOWN }).violations, []);
  assert.match(vm({ type: UNKNOWN }).waits ?? "", /identity\.type of "vm"/);
});

test("other resources are not looked at", () => {
  assert.match(judge(rule, { type: "azure-native:compute:Disk", props: UNTOUCHABLE }).notApplicable ?? "", /machine/);
});
