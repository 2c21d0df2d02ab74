import type { ErrorTable } from "./entry.ts";

/** The connection test that runs on the VM as the identity. */
export const CHECK_ERRORS = {
  "EP-CHECK-01": {
    title: "The rights of the role differ from its profile",
    meaning: "The connection test on the VM found a right that the profile does not have, or misses one.",
    next: "run `pulumi up --refresh`, which repairs the rights or names those of others",
    outside: [{ text: /the rights of role .* are not what its profile says/ }],
  },
  "EP-CHECK-02": {
    title: "The connection test on the VM failed",
    meaning: "Azure shows only a part of the test's output, or none.",
    next:
      "az vm run-command show --instance-view --query instanceView.error --output tsv --resource-group … --vm-name … " +
      "--run-command-name …",
    outside: [{ text: /VMExtensionProvisioningError/ }],
  },
} as const satisfies ErrorTable;
