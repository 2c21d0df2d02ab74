import { VIRTUAL_MACHINE } from "../engine/resourceKind.ts";
import { benchmark, resourceRule } from "../engine/rule.ts";

export const vmManagedIdentity = resourceRule({
  name: "vm-managed-identity",
  displayName: "Virtual machines with a managed identity",
  description: "A virtual machine must have a managed identity: without one its programs need a stored secret.",
  severity: "high",
  remediationSteps: 'Set identity to { type: "SystemAssigned" }, or to UserAssigned with identities.',
  url: "https://learn.microsoft.com/en-us/azure/postgresql/security/security-connect-with-managed-identity",
  framework: benchmark("IM-3", "Manage application identities securely and automatically"),
  tags: ["vm", "login", "application"],
  builtIns: {
    "e4953962-5ae4-43eb-bb92-d66fd5563487": "[Preview]: A managed identity should be enabled on your machines",
  },
  looksAt: [VIRTUAL_MACHINE],
  judge: ({ name, props }) =>
    !/(System|User)Assigned/.test(props.identity?.type ?? "") && `"${name}" has no managed identity.`,
});
