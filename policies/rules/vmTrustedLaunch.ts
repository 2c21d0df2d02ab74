import { VIRTUAL_MACHINE } from "../engine/resourceKind.ts";
import { benchmark, resourceRule } from "../engine/rule.ts";

export const vmTrustedLaunch = resourceRule({
  name: "vm-trusted-launch",
  displayName: "Virtual machines with trusted launch",
  description: "A virtual machine must start with trusted launch, with secure boot and a virtual TPM.",
  severity: "medium",
  remediationSteps:
    'Set securityProfile to { securityType: "TrustedLaunch", uefiSettings: { secureBootEnabled: true, vTpmEnabled: true } }; it needs a ' +
    "generation 2 image and a size that supports it.",
  url: "https://learn.microsoft.com/en-us/azure/virtual-machines/trusted-launch",
  framework: benchmark("PV-4", "Audit and enforce secure configurations for compute resources"),
  tags: ["vm"],
  builtIns: {
    "c95b54ad-0614-4633-ab29-104b01235cbf": "Virtual Machine should have TrustedLaunch enabled",
    "1c30f9cd-b84c-49cc-aa2c-9288447cc3b3": "[Preview]: vTPM should be enabled on supported virtual machines",
  },
  looksAt: [VIRTUAL_MACHINE],
  judge: ({ name, props }) => [
    () =>
      !["TrustedLaunch", "ConfidentialVM"].includes(props.securityProfile?.securityType) &&
      `"${name}" starts without trusted launch: securityProfile.securityType must be "TrustedLaunch".`,
    ...["secureBootEnabled", "vTpmEnabled"].map(
      (setting) => () =>
        props.securityProfile?.uefiSettings?.[setting] !== true &&
        `"${name}" starts without a part of trusted launch: securityProfile.uefiSettings.${setting} must be true.`,
    ),
  ],
});
