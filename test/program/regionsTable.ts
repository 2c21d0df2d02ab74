/** What flexible servers can be in a region. */
export interface RegionRow {
  /** Generations of Intel compute. */
  intel: readonly string[];
  /** "blocked": not for new servers. */
  zoneRedundant: "yes" | "blocked" | "no";
  geoRedundantBackup: boolean;
  /** Whether a subscription has to ask for access. */
  onRequest: boolean;
}

/** The date of {@link REGIONS}. */
export const REGIONS_DATE = "2025-12-22";

const OLD = ["v3", "v4"];
const ALL = [...OLD, "v5"];
const row = (
  intel: readonly string[],
  zoneRedundant: RegionRow["zoneRedundant"],
  geoRedundantBackup: boolean,
  onRequest = false,
): RegionRow => ({ intel, zoneRedundant, geoRedundantBackup, onRequest });

/**
 * European rows of Microsoft's newest public table, by the names that the API takes. Source: MicrosoftDocs/azure-databases-docs,
 * articles/postgresql/includes/regions-table.md, of {@link REGIONS_DATE}.
 */
export const REGIONS: Readonly<Record<string, RegionRow>> = {
  francecentral: row(ALL, "yes", true),
  germanywestcentral: row(ALL, "blocked", true),
  italynorth: row(ALL, "yes", false),
  northeurope: row(ALL, "blocked", true),
  norwayeast: row(ALL, "yes", true, true),
  polandcentral: row(OLD, "yes", false),
  spaincentral: row(OLD, "yes", false),
  swedencentral: row(ALL, "yes", true),
  switzerlandnorth: row(ALL, "yes", true),
  uksouth: row(ALL, "yes", true),
  westeurope: row(ALL, "blocked", true),
};
