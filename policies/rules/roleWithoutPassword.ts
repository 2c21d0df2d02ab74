import { ROLE } from "../engine/resourceKind.ts";
import { benchmark, resourceRule } from "../engine/rule.ts";

export const roleWithoutPassword = resourceRule({
  name: "role-without-password",
  displayName: "Roles have no password",
  description: "A database role must not have a password.",
  severity: "critical",
  remediationSteps: "Leave password and passwordWo out; identities log in as an EntraPrincipal.",
  url: "https://learn.microsoft.com/en-us/azure/postgresql/security/security-manage-entra-users",
  framework: benchmark("IM-1", "Use centralized identity and authentication system"),
  tags: ["database", "login"],
  looksAt: [ROLE],
  judge: ({ name, props }) =>
    ["password", "passwordWo"].map(
      (property) => () => Boolean(props[property]) && `"${name}" has a password: leave ${property} out.`,
    ),
});
