import type { PolicyResource } from "@pulumi/policy";
import { all, any, anyOf, reading } from "../engine/judging.ts";
import { DIAGNOSTIC_SETTING, SERVER } from "../engine/resourceKind.ts";
import { benchmark, stackRule } from "../engine/rule.ts";
import { isOf } from "../engine/serverOf.ts";

/** Where logs can go; one of them is enough. */
const DESTINATIONS = ["workspaceId", "storageAccountId", "eventHubAuthorizationRuleId", "marketplacePartnerId"];

export const diagnostics = stackRule({
  name: "diagnostics",
  displayName: "The server's logs are kept",
  description:
    "Outside dev, the logs of a PostgreSQL flexible server must go to a destination through a diagnostic setting.",
  severity: "medium",
  remediationSteps:
    "Set diagnostics to Enabled: an azure-native:monitor:DiagnosticSetting of the server to a Log Analytics workspace.",
  url: "https://learn.microsoft.com/en-us/azure/postgresql/monitor/how-to-configure-and-access-logs",
  framework: benchmark("LT-3", "Enable logging for security investigation"),
  tags: ["server", "logs", "environment"],
  builtIns: {
    "78ed47da-513e-41e9-a088-e829b373281d":
      "Deploy Diagnostic Settings for PostgreSQL flexible servers to Log Analytics workspace",
  },
  verifiedModule: "none (diagnosticSettings is not set); where one is set, the category group allLogs",
  demandedIn: { environments: ["test", "prod"], demand: "logs must be kept" },
  looksAt: [SERVER],
  shown: [SERVER, DIAGNOSTIC_SETTING],
  judge: (server, _, { resources, inputsOf }) => {
    const isLogged = (setting: PolicyResource) =>
      all(
        () => isOf(setting, server, "resourceUri", inputsOf),
        () => reading(setting, () => sendsLogs(setting)),
      );
    const settings = resources.filter(({ type }) => DIAGNOSTIC_SETTING.is(type));
    return (
      !anyOf(settings, isLogged) && `"${server.name}" has no diagnostic setting that sends its logs to a destination.`
    );
  },
});

function sendsLogs({ props, propertyDependencies }: PolicyResource): boolean {
  return all(
    () =>
      any(
        () => DESTINATIONS.some((id) => (propertyDependencies[id]?.length ?? 0) > 0),
        ...DESTINATIONS.map((id) => () => Boolean(props[id])),
      ),
    () => anyOf<{ enabled?: boolean }>(props.logs, ({ enabled }) => enabled === true),
  );
}
