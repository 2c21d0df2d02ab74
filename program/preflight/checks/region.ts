import { UserError } from "../../../components/errors/userError.ts";
import { NotAskable } from "../answer.ts";
import { type Json, listIn, textsIn } from "../azureAnswer.ts";
import { alternatives, capabilityOf, isRestricted, offered, regionsOf } from "../capability.ts";
import type { Context } from "../context.ts";
import { presentServer } from "../stackResources.ts";

/** The region exists for the subscription, and is open to new flexible servers. */
export async function checkRegion(context: Context): Promise<string> {
  const { location } = context.settings;
  const regions = await regionsOf(context);
  if (!regions.includes(location)) {
    const found = `${location}; this subscription has ${regions.join(", ")}`;
    throw new UserError({
      code: "EP-PREFLIGHT-02",
      step: "asking for the regions",
      expected: "a region of Azure",
      found,
    });
  }
  const present = await presentServer(context);
  if (present) return `${location}: ${present}`;
  const capability = await capabilityOf(context, location);
  if (!isRestricted(capability)) return `${location} takes new servers`;
  const open = await alternatives(context, regions);
  throw new UserError({
    code: "EP-PREFLIGHT-03",
    step: "asking what the region offers",
    expected: `${location} to take new flexible servers of this subscription`,
    found: `it is restricted${capability.reason ? `: ${capability.reason}` : ""}`,
    remedy:
      open.length > 0
        ? `set location to one that is open to this subscription: ${open.join(", ")}`
        : "request access to the region: https://aka.ms/postgres-request-quota-increase",
  });
}

/** The region offers the version of PostgreSQL. */
export async function checkVersion(context: Context): Promise<string> {
  const { location, server } = context.settings;
  const present = await presentServer(context);
  if (present) return present;
  const versions = offered(listIn(await openRegion(context), "supportedServerVersions")).map(({ name }) =>
    String(name),
  );
  if (versions.includes(server.postgresVersion)) return server.postgresVersion;
  const found = `${location} offers ${versions.join(", ")}`;
  throw notOffered("EP-PREFLIGHT-04", `PostgreSQL ${server.postgresVersion}`, found);
}

/** The region offers the server's compute size. */
export async function checkServerSize(context: Context): Promise<string> {
  const { location, server } = context.settings;
  const present = await presentServer(context);
  if (present) return present;
  const { sizes, size } = await serverSize(context);
  if (size) return `${server.skuName} (${server.skuTier})`;
  const found = `${location} offers ${sizes.length > 0 ? sizes.map(({ name }) => name).join(", ") : "none"} in this tier`;
  throw notOffered("EP-PREFLIGHT-05", `${server.skuName} of tier ${server.skuTier}`, found);
}

/** The region and the size offer the standby, and its zones. */
export async function checkHighAvailability(context: Context): Promise<string> {
  const { location, server } = context.settings;
  const present = await presentServer(context);
  if (present) return present;
  const { highAvailability: mode, availabilityZone, standbyAvailabilityZone } = server;
  const zones = [availabilityZone, standbyAvailabilityZone].filter((zone) => zone !== undefined);
  if (mode === "Disabled" && zones.length === 0) return "none";
  const { size, capability } = await serverSize(context);
  if (!size) throw new NotAskable("the region does not offer the server's size");
  const modes = textsIn(size, "supportedHaMode");
  const isOffered = mode === "Disabled" || modes.includes(mode);
  if (!isOffered || (mode === "ZoneRedundant" && capability.zoneRedundantHaSupported === "Disabled")) {
    const found = `${location} offers ${modes.filter((each) => each !== mode).join(", ") || "none"} for it`;
    throw notOffered("EP-PREFLIGHT-06", `${mode} high availability of ${server.skuName}`, found);
  }
  const offeredZones = textsIn(size, "supportedZones");
  const missing = zones.filter((zone) => !offeredZones.includes(zone));
  if (missing.length > 0) {
    const found = `${location} offers it in the zones ${offeredZones.join(", ") || "none"}`;
    throw notOffered("EP-PREFLIGHT-06", `${server.skuName} in zone ${missing.join(" and ")}`, found);
  }
  return `${mode}${zones.length > 0 ? `, in zone ${zones.join(" and ")}` : ""}`;
}

/** The region offers geo-redundant backup, together with the standby. */
export async function checkGeoBackup(context: Context): Promise<string> {
  const { location, server } = context.settings;
  const present = await presentServer(context);
  if (present) return present;
  if (!server.geoRedundantBackup) return "none";
  const capability = await openRegion(context);
  const together =
    server.highAvailability === "ZoneRedundant" ? capability.zoneRedundantHaAndGeoBackupSupported : undefined;
  if (capability.geoBackupSupported !== "Disabled" && together !== "Disabled") return "Enabled";
  const found =
    capability.geoBackupSupported === "Disabled"
      ? `${location} has none`
      : `${location} has it without a standby in another zone`;
  throw notOffered("EP-PREFLIGHT-07", "geo-redundant backup", found);
}

/** The server's size as the region offers it, with all sizes of its tier. */
export async function serverSize(
  context: Context,
): Promise<{ sizes: Json[]; size: Json | undefined; capability: Json }> {
  const { skuName, skuTier } = context.settings.server;
  const capability = await openRegion(context);
  const tier = offered(listIn(capability, "supportedServerEditions")).find(({ name }) => name === skuTier);
  const sizes = offered(listIn(tier ?? {}, "supportedServerSkus"));
  const size = sizes.find(({ name }) => String(name).toLowerCase() === skuName.toLowerCase());
  return { sizes, size, capability };
}

/** What the region offers. @throws {NotAskable} where it is restricted, which another row reports */
async function openRegion(context: Context): Promise<Json> {
  const { location } = context.settings;
  if (!(await regionsOf(context)).includes(location)) throw new NotAskable("the subscription has no such region");
  const capability = await capabilityOf(context, location);
  if (isRestricted(capability)) throw new NotAskable("the region is closed to this subscription");
  return capability;
}

function notOffered(code: `EP-PREFLIGHT-0${4 | 5 | 6 | 7}`, expected: string, found: string): UserError {
  return new UserError({ code, step: "asking what the region offers", expected, found });
}
