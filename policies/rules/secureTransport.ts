import { all } from "../engine/judging.ts";
import { isParameter } from "../engine/parameter.ts";
import { CONFIGURATION } from "../engine/resourceKind.ts";
import { benchmark, resourceRule } from "../engine/rule.ts";

export const secureTransport = resourceRule({
  name: "secure-transport",
  displayName: "No connection without TLS",
  description:
    "The server must refuse connections without TLS: a token is a password that anybody on the way could use.",
  severity: "critical",
  remediationSteps: "Remove the parameter require_secure_transport, which is on by default, or set it to on.",
  url: "https://learn.microsoft.com/en-us/azure/postgresql/security/security-tls",
  framework: benchmark("DP-3", "Encrypt sensitive data in transit"),
  tags: ["server", "tls"],
  builtIns: [
    {
      name: "Enforce SSL connection should be enabled for PostgreSQL flexible servers",
      id: "c29c38cb-74a7-4505-9a06-e588ab86620a",
    },
  ],
  verifiedModule: "none (configurations is empty)",
  looksAt: [CONFIGURATION],
  judge: (parameter, demand) => {
    const { name, props } = parameter;
    demand(
      () =>
        all(
          () => isParameter(parameter, "require_secure_transport"),
          () => !["on", "true", "yes", "1"].includes(String(props.value).toLowerCase()),
        ) && `"${name}" lets connections without TLS in: require_secure_transport must be "on".`,
    );
  },
});
