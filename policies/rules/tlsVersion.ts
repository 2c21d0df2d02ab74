import { all } from "../engine/judging.ts";
import { isParameter } from "../engine/parameter.ts";
import { CONFIGURATION } from "../engine/resourceKind.ts";
import { benchmark, resourceRule } from "../engine/rule.ts";

const [LOWEST, HIGHEST] = ["ssl_min_protocol_version", "ssl_max_protocol_version"] as const;

export const tlsVersion = resourceRule({
  name: "tls-version",
  displayName: "TLS 1.2 or later",
  description: "The server's parameters must not allow TLS versions before 1.2.",
  severity: "high",
  remediationSteps:
    "Remove the parameters ssl_min_protocol_version and ssl_max_protocol_version, whose defaults are correct, or set them to TLSv1.2 or TLSv1.3.",
  url: "https://learn.microsoft.com/en-us/azure/postgresql/security/security-tls",
  framework: benchmark("DP-3", "Encrypt sensitive data in transit"),
  tags: ["server", "tls"],
  builtIns: {
    "a43d5475-c569-45ce-a268-28fa79f4e87a": "PostgreSQL flexible servers should be running TLS version 1.2 or newer",
  },
  verifiedModule: "none (configurations is empty)",
  looksAt: [CONFIGURATION],
  judge: (parameter) => {
    const { name, props } = parameter;
    const isOld = all(
      () => isParameter(parameter, LOWEST, HIGHEST),
      () => !/^TLSv1\.[23]$/i.test(props.value ?? ""),
      // An empty maximum means no upper limit; a missing value resets the parameter to its default.
      () => !["", undefined].includes(props.value) || isParameter(parameter, LOWEST),
    );
    return (
      isOld && `"${name}" sets ${props.configurationName} to "${props.value ?? ""}": TLSv1.2 or TLSv1.3 is allowed.`
    );
  },
});
