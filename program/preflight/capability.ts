import { API_VERSION } from "../../components/azure/resourceManager.ts";
import { NotAskable } from "./answer.ts";
import { type Json, listIn } from "./azureAnswer.ts";
import type { Context } from "./context.ts";

/** Source: azure-rest-api-specs, specification/resources, Subscriptions_ListLocations. */
const LOCATIONS_VERSION = "2022-12-01";

/**
 * Regions to propose in the place of a closed one. Azure is asked which of them are open to the subscription. First those that took zone-redundant
 * servers with geo-redundant backups, then those that took none with zone redundancy. Source: MicrosoftDocs/azure-databases-docs,
 * articles/postgresql/includes/regions-table.md, as of 2025-12-22.
 */
const CANDIDATES = [
  ...["swedencentral", "francecentral", "switzerlandnorth", "uksouth", "norwayeast", "canadacentral", "centralus"],
  ...["australiaeast", "japaneast", "southafricanorth", "uaenorth"],
  ...["northeurope", "westeurope", "germanywestcentral", "eastus2", "westus2", "southeastasia", "centralindia"],
];
/** How many are named. */
const NAMED = 4;

/** Names of the subscription's regions. */
export async function regionsOf(context: Context): Promise<string[]> {
  const body = await context.read("asking for the regions", `/locations?api-version=${LOCATIONS_VERSION}`);
  return listIn(body).map(({ name }) => String(name));
}

/**
 * What a region offers this subscription's flexible servers.
 *
 * Source: azure-rest-api-specs, specification/postgresql, stable/2024-08-01, Capabilities.json, LocationBasedCapabilities_Execute. The Azure
 * CLI reads the first object of the list, too: _postgres_parse_list_capability.
 */
export async function capabilityOf(context: Context, location: string): Promise<Json> {
  const path = `/providers/Microsoft.DBforPostgreSQL/locations/${location}/capabilities?api-version=${API_VERSION}`;
  const [capability] = listIn(await context.read("asking what the region offers", path));
  if (!capability) throw new NotAskable(`Azure does not say what ${location} offers`);
  return capability;
}

/** Whether the region takes no new servers of the subscription. */
export function isRestricted({ restricted }: Json): boolean {
  return restricted === "Enabled";
}

/** Of versions, tiers and sizes those that can be used: Azure lists others with the status Disabled and a reason. */
export function offered(list: readonly Json[]): Json[] {
  return list.filter(({ status }) => status !== "Disabled");
}

/** Some regions of the subscription that take new servers. */
export async function alternatives(context: Context, regions: readonly string[]): Promise<string[]> {
  const asked = await Promise.all(
    CANDIDATES.filter((region) => regions.includes(region)).map(async (region) => {
      const capability = await capabilityOf(context, region).catch(() => ({ restricted: "Enabled" }));
      return isRestricted(capability) ? [] : [region];
    }),
  );
  return asked.flat().slice(0, NAMED);
}
