import { all } from "../engine/judging.ts";
import { isReadReplica } from "../engine/readReplica.ts";
import { SERVER } from "../engine/resourceKind.ts";
import { resourceRule } from "../engine/rule.ts";
import { list } from "../engine/setting.ts";

export const highAvailability = resourceRule<{ modes: string[] }>({
  name: "high-availability",
  displayName: "High availability",
  description: "A prod server must have a standby in another zone.",
  severity: "medium",
  remediationSteps:
    "Set highAvailability to ZoneRedundant (highAvailability.mode of the server), with a GeneralPurpose or MemoryOptimized tier.",
  url: "https://learn.microsoft.com/en-us/azure/postgresql/high-availability/concepts-high-availability",
  tags: ["server", "availability", "environment"],
  verifiedModule: "highAvailability ZoneRedundant",
  settings: {
    modes: list(
      { type: "string", enum: ["ZoneRedundant", "SameZone"] },
      ["ZoneRedundant"],
      "Modes that count as high availability; a region without zones has SameZone only",
      1,
    ),
  },
  demandedIn: { environments: ["prod"], demand: "high availability is needed" },
  looksAt: [SERVER],
  judge: (server, { modes }) =>
    all(
      () => !modes.includes(server.props.highAvailability?.mode),
      () => !isReadReplica(server),
    ) && `"${server.name}" has no standby: highAvailability.mode must be ${modes.join(" or ")}.`,
});
