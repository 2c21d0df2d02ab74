import { all } from "../engine/judging.ts";
import { SERVER } from "../engine/resourceKind.ts";
import { benchmark, resourceRule } from "../engine/rule.ts";

export const noPublicAccess = resourceRule({
  name: "no-public-access",
  displayName: "No public endpoint",
  description: "Outside dev, a PostgreSQL flexible server must not have a public endpoint.",
  severity: "high",
  remediationSteps:
    'Set publicAccess to Disabled (network.publicNetworkAccess: "Disabled"); clients then connect through the private endpoint.',
  url: "https://learn.microsoft.com/en-us/azure/postgresql/network/concepts-networking-private-link",
  framework: benchmark("NS-2", "Secure cloud services with network controls"),
  tags: ["server", "network", "environment"],
  builtIns: {
    "5e1de0e3-42cb-4ebc-a86d-61d0c619ca48": "Public network access should be disabled for PostgreSQL flexible servers",
    "5375a5bb-22c6-46d7-8a43-83417cfb4460": "Private endpoint should be enabled for PostgreSQL flexible servers",
  },
  verifiedModule: "publicNetworkAccess Disabled",
  demandedIn: { environments: ["test", "prod"], demand: "a public endpoint is refused" },
  looksAt: [SERVER],
  judge: ({ name, props }) =>
    all(
      () => props.network?.publicNetworkAccess !== "Disabled",
      // A server inside a network has no public endpoint.
      () => !props.network?.delegatedSubnetResourceId,
    ) && `"${name}" has a public endpoint: network.publicNetworkAccess must be "Disabled" outside dev.`,
});
