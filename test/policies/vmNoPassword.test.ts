import assert from "node:assert/strict";
import { test } from "node:test";
import { vmNoPassword as rule } from "../../policies/rules/vmNoPassword.ts";
import { judge, messages, UNKNOWN, UNKNOWN_OBJECT, UNTOUCHABLE } from "./judged.ts";

const type = "azure-native:compute:VirtualMachine";
const vm = (osProfile: unknown) => judge(rule, { type, name: "vm", props: { osProfile } });
const keysOnly = { linuxConfiguration: { disablePasswordAuthentication: true } };

test("keys alone pass, and a machine whose disk has its users already", () => {
  assert.deepEqual(vm(keysOnly), { violations: [] });
  assert.deepEqual(vm(undefined), { violations: [] });
});

test("a password, and its being allowed, are each refused, without a word of it", () => {
  assert.deepEqual(messages(vm({ ...keysOnly, adminPassword: "secret" })), [
    '"vm" has a password: leave osProfile.adminPassword out.',
  ]);
  for (const profile of [{}, { linuxConfiguration: {} }, { windowsConfiguration: {} }]) {
    assert.match(messages(vm(profile)).join(), /disablePasswordAuthentication must be true/);
  }
});

test("what is known is judged, what is not waits for up", () => {
  const half = vm({ adminPassword: UNKNOWN, linuxConfiguration: { disablePasswordAuthentication: false } });
  assert.match(messages(half).join(), /disablePasswordAuthentication must be true/);
  assert.match(half.waits ?? "", /osProfile\.adminPassword of "vm"/);
  assert.deepEqual(vm(UNKNOWN_OBJECT).violations, []);
  assert.match(vm(UNKNOWN_OBJECT).waits ?? "", /osProfile of "vm"/);
});

test("other resources are not looked at", () => {
  const other = "azure-native:compute:VirtualMachineExtension";
  assert.match(judge(rule, { type: other, props: UNTOUCHABLE }).notApplicable ?? "", /virtual machine/);
});
