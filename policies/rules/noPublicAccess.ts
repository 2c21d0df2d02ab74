import { all } from "../engine/judging.ts";
import { SERVER } from "../engine/resourceKind.ts";
import { benchmark, resourceRule } from "../engine/rule.ts";

export const noPublicAccess = resourceRule({
  name: "no-public-access",
  displayName: "No public endpoint",
  description: "Outside dev, a PostgreSQL flexible server must not have a public endpoint.",
  severity: "high",
  remediationSteps:
    'Set publicAccess to Disabled (network.publicNetworkAccess: "Disabled"); clients then come by the private endpoint.',
  url: "https://learn.microsoft.com/en-us/azure/postgresql/network/concepts-networking-private-link",
  framework: benchmark("NS-2", "Secure cloud services with network controls"),
  tags: ["server", "network", "environment"],
  builtIns: [
    {
      name: "Public network access should be disabled for PostgreSQL flexible servers",
      id: "5e1de0e3-42cb-4ebc-a86d-61d0c619ca48",
    },
    {
      name: "Private endpoint should be enabled for PostgreSQL flexible servers",
      id: "5375a5bb-22c6-46d7-8a43-83417cfb4460",
    },
  ],
  verifiedModule: "publicNetworkAccess Disabled",
  demandedIn: { environments: ["test", "prod"], demand: "a public endpoint is refused" },
  looksAt: [SERVER],
  judge: (server, demand) => {
    const { name, props } = server;
    demand(
      () =>
        all(
          () => props.network?.publicNetworkAccess !== "Disabled",
          // A server inside a network has no public endpoint.
          () => !props.network?.delegatedSubnetResourceId,
        ) && `"${name}" has a public endpoint: network.publicNetworkAccess must be "Disabled" outside dev.`,
    );
  },
});
