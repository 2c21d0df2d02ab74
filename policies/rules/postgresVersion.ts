import { SERVER } from "../engine/resourceKind.ts";
import { benchmark, resourceRule } from "../engine/rule.ts";
import { integer } from "../engine/setting.ts";

const DAY = 24 * 60 * 60 * 1000;

/**
 * 15 is left out: memberships have no INHERIT and SET options there, on which deletes and schemas rest. Ends of Azure's standard support, which are those of the PostgreSQL community.
 * Source: the page that `url` names, as recorded by endoflife.date/azure-database-for-postgresql.
 */
const END_OF_LIFE = { "16": "2028-11-09", "17": "2029-11-08", "18": "2030-11-14" };

/** Ways to make a server that takes its version from another one. */
const COPIES = ["GeoRestore", "PointInTimeRestore", "Replica", "ReviveDropped"];

export const postgresVersion = resourceRule<{ endOfLife: Record<string, string>; noticeDays: number }>({
  name: "postgres-version",
  displayName: "A supported version of PostgreSQL",
  description: "The server must run a major version of PostgreSQL that Azure supports.",
  severity: "medium",
  remediationSteps: "Set postgresVersion to a version that the message names. Azure upgrades in place, and never back.",
  url: "https://learn.microsoft.com/en-us/azure/postgresql/configure-maintain/concepts-version-policy",
  framework: benchmark("PV-6", "Rapidly and automatically remediate vulnerabilities"),
  tags: ["server", "version"],
  verifiedModule: "version 18",
  settings: {
    endOfLife: {
      type: "object",
      patternProperties: { "^[0-9]+$": { type: "string", pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" } },
      additionalProperties: false,
      minProperties: 1,
      default: END_OF_LIFE,
      description: "Major versions that may run, each with the day its support ends",
    },
    noticeDays: integer(0, 1825, 0, "Days before the end of support from which a version is refused"),
  },
  looksAt: [SERVER],
  judge: ({ name, props: { version, createMode } }, { endOfLife, noticeDays }) => {
    if (version === undefined && COPIES.includes(createMode)) return undefined;
    const allowed = `allowed: ${Object.keys(endOfLife).join(", ")}`;
    const end = endOfLife[String(version)];
    if (version === undefined) return `"${name}" names no version of PostgreSQL; ${allowed}.`;
    if (end === undefined) return `"${name}" has PostgreSQL ${version}; ${allowed}.`;
    const isOver = Date.now() >= Date.parse(end) + (1 - noticeDays) * DAY;
    return isOver && `"${name}" has PostgreSQL ${version}, whose support ends on ${end}; ${allowed}.`;
  },
});
