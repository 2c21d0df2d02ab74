import { API_VERSION } from "../../../components/azure/resourceManager.ts";
import { UserError } from "../../../components/errors/userError.ts";
import { NotAskable } from "../answer.ts";
import { listIn, objectIn } from "../azureAnswer.ts";
import type { Context } from "../context.ts";
import { presentServer } from "../stackResources.ts";
import { serverSize } from "./region.ts";

/**
 * The subscription's quota of cores for flexible servers has room for the server and its standby.
 *
 * Source: azure-rest-api-specs, specification/postgresql, stable/2024-08-01, QuotaUsages.json, QuotaUsages_List.
 */
export async function checkServerQuota(context: Context): Promise<string> {
  const { location, server } = context.settings;
  const present = await presentServer(context);
  if (present) return present;
  const { size } = await serverSize(context);
  if (!size) throw new NotAskable("the region does not offer the server's size");
  const path = `/providers/Microsoft.DBforPostgreSQL/locations/${location}/resourceType/flexibleServers/usages`;
  const step = "asking for the servers' quota";
  const usages = listIn(await context.read(step, `${path}?api-version=${API_VERSION}`));
  const family = familyOf(server.skuName);
  const usage = usages.find((each) => String(objectIn(each, "name").value).toLowerCase() === family.toLowerCase());
  const needed = Number(size.vCores) * (server.highAvailability === "Disabled" ? 1 : 2);
  if (!usage || Number.isNaN(needed)) throw new NotAskable(`Azure names no quota of ${family}`);
  const free = Number(usage.limit) - Number(usage.currentValue);
  if (free >= needed) return `${needed} of ${free} free cores`;
  throw new UserError({
    code: "EP-PREFLIGHT-09",
    step,
    expected: `${needed} free cores of ${family} in ${location} for ${server.skuName}`,
    found: String(free),
    remedy: "request more (https://aka.ms/postgres-request-quota-increase), or set another serverSku or location",
  });
}

/** The family of a size as quotas name it: standardDDSv5Family of Standard_D2ds_v5. All older Burstable sizes are one family. */
function familyOf(size: string): string {
  const [, series = "", features = "", version = ""] = /^Standard_([A-Z]+)\d+([a-z]*)(?:_(v\d+))?$/.exec(size) ?? [];
  const letters = series === "B" && version === "" ? "S" : features.toUpperCase();
  return `standard${series}${letters}${version}Family`;
}
