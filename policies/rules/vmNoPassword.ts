import { all } from "../engine/judging.ts";
import { VIRTUAL_MACHINE } from "../engine/resourceKind.ts";
import { benchmark, resourceRule } from "../engine/rule.ts";

export const vmNoPassword = resourceRule({
  name: "vm-no-password",
  displayName: "Virtual machines without a password",
  description: "A virtual machine must accept SSH keys and no password.",
  severity: "high",
  remediationSteps:
    "Set osProfile.linuxConfiguration.disablePasswordAuthentication to true, leave osProfile.adminPassword out, and name an SSH key.",
  url: "https://learn.microsoft.com/en-us/azure/virtual-machines/linux/create-ssh-keys-detailed",
  framework: benchmark("IM-1", "Use centralized identity and authentication system"),
  tags: ["vm", "login"],
  builtIns: {
    "630c64f9-8b6b-4c64-b511-6544ceff6fd6": "Authentication to Linux machines should require SSH keys",
  },
  looksAt: [VIRTUAL_MACHINE],
  judge: ({ name, props }) => [
    () => Boolean(props.osProfile?.adminPassword) && `"${name}" has a password: leave osProfile.adminPassword out.`,
    () =>
      all(
        // A machine without an osProfile is made from a disk that already has its users.
        () => props.osProfile !== undefined,
        () => props.osProfile?.linuxConfiguration?.disablePasswordAuthentication !== true,
      ) && `"${name}" accepts passwords: osProfile.linuxConfiguration.disablePasswordAuthentication must be true.`,
  ],
});
