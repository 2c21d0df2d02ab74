import type { Configuration } from "./configuration.ts";
import { defaultText } from "./key.ts";
import { type HighAvailability, SERVER_KEYS, type Tier } from "./keys/server.ts";
import { SCHEMA, type ValueOf } from "./schema.ts";

/** The server's settings. */
export interface ServerSettings {
  postgresVersion: ValueOf<"postgresVersion">;
  skuName: string;
  skuTier: Tier;
  storageSizeGb: number;
  storageAutoGrow: boolean;
  highAvailability: HighAvailability;
  /** Undefined: Azure chooses. */
  availabilityZone: string | undefined;
  /** Undefined: there is no standby, or Azure chooses. */
  standbyAvailabilityZone: string | undefined;
  backupRetentionDays: number;
  geoRedundantBackup: boolean;
  publicAccess: boolean;
  deletionProtection: boolean;
  port: number;
  /** Whether applications connect by the server's PgBouncer. */
  pgBouncer: boolean;
}

/** The port of a flexible server's PgBouncer. Source: Microsoft Learn, "PgBouncer in Azure Database for PostgreSQL". */
export const PGBOUNCER_PORT = 6432;

/**
 * The sizes of a tier: the beginning of their names, and one of them. Source: Azure's documentation of compute for PostgreSQL flexible
 * servers.
 */
const SIZES: Readonly<Record<Tier, { prefix: string; example: string }>> = {
  Burstable: { prefix: "Standard_B", example: "Standard_B1ms" },
  GeneralPurpose: { prefix: "Standard_D", example: "Standard_D2ds_v5" },
  MemoryOptimized: { prefix: "Standard_E", example: "Standard_E2ds_v5" },
};

/** Reads the keys of the server, and reports those that do not fit together. */
export function readServer(config: Configuration): ServerSettings {
  const skuTier = config.value("serverTier");
  const highAvailability = config.has("highAvailability")
    ? config.value("highAvailability")
    : defaultAvailability(config, skuTier);
  const settings = {
    postgresVersion: config.value("postgresVersion"),
    skuTier,
    skuName: config.stated("serverSku") ?? defaultSize(config, skuTier),
    storageSizeGb: config.value("storageSizeGb"),
    storageAutoGrow: config.value("storageAutoGrow"),
    highAvailability,
    ...readZones(config, highAvailability),
    backupRetentionDays: config.value("backupRetentionDays"),
    geoRedundantBackup: config.value("geoRedundantBackup"),
    publicAccess: config.value("publicAccess"),
    deletionProtection: config.value("deletionProtection"),
    port: config.value("databasePort"),
    pgBouncer: config.value("pgBouncer"),
  };
  refusePoolForAdministrators(config, settings);
  if (config.has("existingServerId")) {
    refuseSettingsOfExisting(config);
    return { ...settings, publicAccess: true, deletionProtection: false };
  }
  refuseSizeOfOtherTier(config, settings);
  refuseUnfittingStandby(config, settings);
  refuseUnfittingPool(config, settings);
  return settings;
}

/** Keys that say how this program reaches a server, and not how the server is. */
const REACHED_BY = ["databasePort", "databaseCaCert"];

/** The settings of a server that another program made are that program's. Whether it has a public endpoint, Azure says. */
function refuseSettingsOfExisting(config: Configuration): void {
  for (const key of Object.keys(SERVER_KEYS) as (keyof typeof SERVER_KEYS)[]) {
    // The engine hands over the defaults of Pulumi.yaml as if the stack stated them.
    const isDefault = config.shown(key) === SCHEMA[key].default;
    if (!config.has(key) || isDefault || REACHED_BY.includes(key)) continue;
    const allowed = "not beside existingServerId: the server keeps its settings";
    config.problems.add({ code: "EP-CONFIG-04", key, value: config.shown(key), allowed, repair: { remove: key } });
  }
}

/** Azure has no standby for Burstable servers, so such a server has none by default in prod, too. */
function defaultAvailability(config: Configuration, tier: Tier): HighAvailability {
  return tier === "Burstable" ? "Disabled" : config.value("highAvailability");
}

/** The environment's size, or for another tier than the environment's a size of that tier. */
function defaultSize(config: Configuration, tier: Tier): string {
  const isDefaultTier = tier === defaultText(SCHEMA.serverTier, config.environment);
  return isDefaultTier ? config.value("serverSku") : SIZES[tier].example;
}

/**
 * The server's zone and the standby's. By default the environment's pair with ZoneRedundant, and none without; where one of the two is
 * stated, the default of the standby is the pair's other zone.
 */
function readZones(config: Configuration, availability: HighAvailability) {
  const pair = (["availabilityZone", "standbyAvailabilityZone"] as const).map((name) =>
    availability === "ZoneRedundant" ? zone(defaultText(SCHEMA[name], config.environment)) : undefined,
  );
  const own = config.stated("availabilityZone");
  const availabilityZone = own === undefined ? pair[0] : zone(own);
  const other = availabilityZone === pair[1] ? pair[0] : pair[1];
  const standby = config.stated("standbyAvailabilityZone");
  return { availabilityZone, standbyAvailabilityZone: standby === undefined ? other : zone(standby) };
}

function zone(text: string): string | undefined {
  return /^\d$/.test(text) ? text : undefined;
}

function refuseSizeOfOtherTier(config: Configuration, { skuTier, skuName }: ServerSettings): void {
  const { prefix, example } = SIZES[skuTier];
  if (skuName.startsWith(prefix) || !config.isSettled("serverTier")) return;
  const allowed = `with serverTier ${skuTier}, a size that begins with ${prefix}`;
  config.problems.add({ code: "EP-CONFIG-04", key: "serverSku", value: skuName, allowed, repair: example });
}

/** PgBouncer refuses the timeouts of the administrator's sessions as startup parameters, and in its pool a session's settings reach other clients. */
function refusePoolForAdministrators(config: Configuration, { port }: Pick<ServerSettings, "port">): void {
  if (port !== PGBOUNCER_PORT) return;
  const key = "databasePort";
  const allowed =
    "the server's own port: administrators cannot work by PgBouncer; pgBouncer Enabled lets applications connect by it";
  config.problems.add({ code: "EP-CONFIG-04", key, value: String(port), allowed, repair: { remove: key } });
}

/** Azure hides PgBouncer's parameters on Burstable servers. Source: Microsoft Learn, "Server parameters, PgBouncer". */
function refuseUnfittingPool(config: Configuration, { pgBouncer, skuTier }: ServerSettings): void {
  if (!pgBouncer || skuTier !== "Burstable" || !config.isSettled("serverTier")) return;
  const key = "pgBouncer";
  const allowed = "with serverTier Burstable, Disabled";
  config.problems.add({ code: "EP-CONFIG-04", key, value: "Enabled", allowed, repair: "Disabled" });
}

function refuseUnfittingStandby(config: Configuration, settings: ServerSettings): void {
  const { skuTier, highAvailability, availabilityZone, standbyAvailabilityZone } = settings;
  const { problems } = config;
  const code = "EP-CONFIG-04";
  if (
    skuTier === "Burstable" &&
    highAvailability !== "Disabled" &&
    !problems.has("highAvailability") &&
    config.isSettled("serverTier")
  ) {
    const allowed = "with serverTier Burstable, Disabled";
    problems.add({ code, key: "highAvailability", value: highAvailability, allowed, repair: "Disabled" });
  }
  const key = "standbyAvailabilityZone";
  if (!standbyAvailabilityZone) return;
  if (highAvailability !== "ZoneRedundant" && config.isSettled("highAvailability")) {
    const allowed = "with highAvailability ZoneRedundant only";
    problems.add({ code, key, value: standbyAvailabilityZone, allowed, repair: { remove: key } });
  } else if (standbyAvailabilityZone === availabilityZone && config.isSettled("availabilityZone")) {
    const allowed = `another zone than availabilityZone, ${availabilityZone}`;
    const repair = availabilityZone === "1" ? "2" : "1";
    problems.add({ code, key, value: standbyAvailabilityZone, allowed, repair });
  }
}
