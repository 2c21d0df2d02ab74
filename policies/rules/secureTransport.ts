import { all } from "../engine/judging.ts";
import { isParameter } from "../engine/parameter.ts";
import { CONFIGURATION } from "../engine/resourceKind.ts";
import { benchmark, resourceRule } from "../engine/rule.ts";

export const secureTransport = resourceRule({
  name: "secure-transport",
  displayName: "No connection without TLS",
  description:
    "The server must refuse connections without TLS: anyone on the network path could use a token that they read.",
  severity: "critical",
  remediationSteps: "Remove the parameter require_secure_transport, which is on by default, or set it to on.",
  url: "https://learn.microsoft.com/en-us/azure/postgresql/security/security-tls",
  framework: benchmark("DP-3", "Encrypt sensitive data in transit"),
  tags: ["server", "tls"],
  builtIns: {
    "c29c38cb-74a7-4505-9a06-e588ab86620a": "Enforce SSL connection should be enabled for PostgreSQL flexible servers",
  },
  verifiedModule: "none (configurations is empty)",
  looksAt: [CONFIGURATION],
  judge: (parameter) =>
    all(
      () => isParameter(parameter, "require_secure_transport"),
      () => !["on", "true", "yes", "1"].includes(String(parameter.props.value).toLowerCase()),
    ) && `"${parameter.name}" accepts connections without TLS: require_secure_transport must be "on".`,
});
