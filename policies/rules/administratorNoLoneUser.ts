import { ADMINISTRATOR } from "../engine/resourceKind.ts";
import { benchmark, stackRule } from "../engine/rule.ts";

export const administratorNoLoneUser = stackRule({
  name: "administrator-no-lone-user",
  displayName: "Administrators are groups or services",
  description: "Outside dev, an Entra administrator of the server must be a group or a service, because people leave.",
  severity: "high",
  remediationSteps:
    "Make a group the administrator (adminType Group, with its adminObjectId and adminName), or the identity that deploys " +
    "(ServicePrincipal), and the user a member of the group.",
  url: "https://learn.microsoft.com/en-us/azure/postgresql/security/security-entra-concepts",
  framework: benchmark("PA-1", "Separate and limit highly privileged/administrative users"),
  tags: ["server", "login", "environment"],
  demandedIn: { environments: ["test", "prod"], demand: "a single user must not be an administrator" },
  looksAt: [ADMINISTRATOR],
  judge: ({ name, props }, config) =>
    !["Group", "ServicePrincipal"].includes(props.principalType) &&
    `"${name}" makes a single user an administrator in ${config.environment}: name a group or a service.`,
});
