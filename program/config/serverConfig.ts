import { type ConfigReader, REMOVED } from "./configReader.ts";
import type { EnvironmentDefaults } from "./environments.ts";

/** What the configuration says of the server; every default that is not stated is the environment's. */
export interface ServerSettings {
  postgresVersion: string;
  skuName: string;
  skuTier: string;
  storageSizeGb: number;
  storageAutoGrow: string;
  highAvailability: string;
  availabilityZone: string;
  standbyAvailabilityZone: string;
  backupRetentionDays: number;
  geoRedundantBackup: string;
  publicAccess: string;
  deletionProtection: boolean;
  port: number;
}

const TIERS = ["Burstable", "GeneralPurpose", "MemoryOptimized"];
/** Where a size's name begins, by tier. Source: Azure's documentation of compute for PostgreSQL flexible servers. */
const SIZES: Record<string, string> = {
  Burstable: "Standard_B",
  GeneralPurpose: "Standard_D",
  MemoryOptimized: "Standard_E",
};
/**
 * GiB of the disks that servers have (Premium SSD). Source: `storage_mb` of the Terraform provider azurerm, which refuses others as the
 * service does; https://learn.microsoft.com/azure/postgresql/flexible-server/concepts-storage
 */
const STORAGE_SIZES = [32, 64, 128, 256, 512, 1024, 2048, 4095, 4096, 8192, 16384, 32767];
const EXAMPLES: Record<string, string> = {
  Burstable: "Standard_B1ms",
  GeneralPurpose: "Standard_D2ds_v5",
  MemoryOptimized: "Standard_E2ds_v5",
};

/** Reads and checks the keys of the server. */
export function readServer(config: ConfigReader, defaults: EnvironmentDefaults): ServerSettings {
  const skuTier = config.oneOf("serverTier", TIERS, defaults.serverTier);
  const highAvailability = config.oneOf(
    "highAvailability",
    ["Disabled", "SameZone", "ZoneRedundant"],
    // Azure has no standby for Burstable servers; who asks for one of these in prod has said that it may be down.
    skuTier === "Burstable" ? "Disabled" : defaults.highAvailability,
  );
  // The environment's zones are those of a pair; a region without zones has neither. Who names one of the two gets the other.
  const pair = highAvailability === "ZoneRedundant" ? defaults : { availabilityZone: "", standbyAvailabilityZone: "" };
  const availabilityZone = readZone(config, "availabilityZone", pair.availabilityZone);
  const other =
    availabilityZone === pair.standbyAvailabilityZone ? pair.availabilityZone : pair.standbyAvailabilityZone;
  const settings = {
    postgresVersion: config.oneOf("postgresVersion", ["15", "16", "17", "18"], "17"),
    skuTier,
    skuName: config.text("serverSku", {
      fallback: skuTier === defaults.serverTier ? defaults.serverSku : (EXAMPLES[skuTier] ?? defaults.serverSku),
      pattern: /^Standard_(B|DC?|EC?)\d+[a-z]*(_v\d+)?$/,
      allowed: "a compute size of flexible server, which begins with Standard_B, Standard_D or Standard_E",
      example: EXAMPLES[skuTier] ?? defaults.serverSku,
    }),
    storageSizeGb: config.size("storageSizeGb", STORAGE_SIZES, defaults.storageSizeGb),
    storageAutoGrow: readSwitch(config, "storageAutoGrow", defaults.storageAutoGrow),
    highAvailability,
    availabilityZone,
    standbyAvailabilityZone: readZone(config, "standbyAvailabilityZone", other),
    backupRetentionDays: config.integer("backupRetentionDays", {
      fallback: defaults.backupRetentionDays,
      min: 7,
      max: 35,
    }),
    geoRedundantBackup: readSwitch(config, "geoRedundantBackup", defaults.geoRedundantBackup),
    publicAccess: readSwitch(config, "publicAccess", defaults.publicAccess),
    deletionProtection: readSwitch(config, "deletionProtection", defaults.deletionProtection) === "Enabled",
    port: config.integer("databasePort", { fallback: 5432, min: 1, max: 65535 }),
  };
  requireFitting(config, settings);
  return settings;
}

/** `Enabled` or `Disabled`, Azure's words. */
export function readSwitch(config: ConfigReader, key: string, fallback: string): string {
  return config.oneOf(key, ["Enabled", "Disabled"], fallback);
}

/** Empty where Azure chooses. */
function readZone(config: ConfigReader, key: string, fallback: string): string {
  const allowed = "1, 2 or 3, a zone of the region, or any, which leaves it to Azure";
  const zone = config.text(key, { fallback, pattern: /^([1-3]|any)$/, allowed, example: "1" });
  return zone === "any" ? "" : zone;
}

/**
 * Whether a value is what whoever configures wants: there is nothing wrong with it, nor with the environment that it is the default of.
 * Only then is it held against others.
 */
export function isSettled(config: ConfigReader, key: string): boolean {
  return !config.hasProblem(key) && (config.has(key) || !config.hasProblem("environment"));
}

/** What Azure refuses only after minutes: that one setting does not go with another. */
function requireFitting(config: ConfigReader, settings: ServerSettings): void {
  const { skuTier, skuName, highAvailability, availabilityZone, standbyAvailabilityZone } = settings;
  const fits = (key: string, other: string) => !config.hasProblem(key) && isSettled(config, other);
  const size = SIZES[skuTier];
  if (size && !skuName.startsWith(size) && fits("serverSku", "serverTier")) {
    config.problem(
      "serverSku",
      skuName,
      `with serverTier ${skuTier}, a size that begins with ${size}`,
      EXAMPLES[skuTier] ?? "",
    );
  }
  if (skuTier === "Burstable" && highAvailability !== "Disabled" && fits("highAvailability", "serverTier")) {
    config.problem("highAvailability", highAvailability, "with serverTier Burstable, Disabled", "Disabled");
  }
  if (!standbyAvailabilityZone || config.hasProblem("standbyAvailabilityZone")) return;
  if (highAvailability !== "ZoneRedundant" && isSettled(config, "highAvailability")) {
    config.problem(
      "standbyAvailabilityZone",
      standbyAvailabilityZone,
      "with highAvailability ZoneRedundant only",
      REMOVED,
    );
  } else if (standbyAvailabilityZone === availabilityZone && isSettled(config, "availabilityZone")) {
    config.problem(
      "standbyAvailabilityZone",
      standbyAvailabilityZone,
      `another zone than availabilityZone, ${availabilityZone}`,
      availabilityZone === "1" ? "2" : "1",
    );
  }
}
