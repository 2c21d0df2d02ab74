import { SERVER } from "../engine/resourceKind.ts";
import { benchmark, resourceRule } from "../engine/rule.ts";

export const entraOnlyAuthentication = resourceRule({
  name: "entra-only-authentication",
  displayName: "Microsoft Entra authentication only",
  description: "A PostgreSQL flexible server must accept Microsoft Entra tokens and no passwords.",
  severity: "critical",
  remediationSteps:
    'Set authConfig to { activeDirectoryAuth: "Enabled", passwordAuth: "Disabled" }, and leave administratorLogin and ' +
    "administratorLoginPassword out.",
  url: "https://learn.microsoft.com/en-us/azure/postgresql/security/security-entra-configure",
  framework: benchmark("IM-1", "Use centralized identity and authentication system"),
  tags: ["server", "login"],
  builtIns: {
    "fa498b91-8a7e-4710-9578-da944c68d1fe":
      "[Preview]: Azure PostgreSQL flexible server should have Microsoft Entra Only Authentication enabled",
  },
  verifiedModule: "activeDirectoryAuth Enabled, passwordAuth Disabled",
  looksAt: [SERVER],
  judge: ({ name, props }) => [
    () =>
      props.authConfig?.activeDirectoryAuth !== "Enabled" &&
      `"${name}" does not accept Microsoft Entra tokens: authConfig.activeDirectoryAuth must be "Enabled".`,
    () =>
      props.authConfig?.passwordAuth !== "Disabled" &&
      `"${name}" accepts passwords: authConfig.passwordAuth must be "Disabled".`,
    ...["administratorLogin", "administratorLoginPassword"].map(
      (login) => () => Boolean(props[login]) && `"${name}" has a password administrator: leave ${login} out.`,
    ),
  ],
});
