import assert from "node:assert/strict";
import { test } from "node:test";
import { vmTrustedLaunch as rule } from "../../policies/rules/vmTrustedLaunch.ts";
import { judge, messages, UNKNOWN, UNTOUCHABLE } from "./judged.ts";

const type = "azure-native:compute:VirtualMachine";
const vm = (securityProfile: unknown) => judge(rule, { type, name: "vm", props: { securityProfile } });
const uefiSettings = { secureBootEnabled: true, vTpmEnabled: true };

test("trusted launch, and what is more, passes", () => {
  for (const securityType of ["TrustedLaunch", "ConfidentialVM"]) {
    assert.deepEqual(vm({ securityType, uefiSettings }), { violations: [] });
  }
});

test("each part that is missing is named", () => {
  const told = (profile: unknown) => messages(vm(profile)).join("\n");
  assert.match(told({ securityType: "Standard", uefiSettings }), /^"vm" starts without trusted launch.*\.$/);
  for (const part of ["secureBootEnabled", "vTpmEnabled"]) {
    const without = { ...uefiSettings, [part]: false };
    assert.match(
      told({ securityType: "TrustedLaunch", uefiSettings: without }),
      new RegExp(`^.*${part} must be true\\.$`),
    );
  }
  assert.equal(vm(undefined).violations.length, 3);
});

test("what is known is judged, what is not waits for up", () => {
  const half = vm({ securityType: "TrustedLaunch", uefiSettings: { secureBootEnabled: UNKNOWN, vTpmEnabled: false } });
  assert.match(messages(half).join(), /vTpmEnabled must be true/);
  assert.match(half.waits ?? "", /securityProfile\.uefiSettings\.secureBootEnabled of "vm"/);
});

test("other resources are not looked at", () => {
  assert.match(judge(rule, { type: "azure-native:compute:Disk", props: UNTOUCHABLE }).notApplicable ?? "", /machine/);
});
