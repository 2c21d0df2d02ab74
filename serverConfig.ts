import type { ConfigReader } from "./configReader.ts";
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
      pattern: /^Standard_\w+$/,
      allowed: "a size of flexible server",
      example: EXAMPLES[skuTier] ?? defaults.serverSku,
    }),
    storageSizeGb: config.integer("storageSizeGb", { fallback: defaults.storageSizeGb, min: 32, max: 32767 }),
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

/** What Azure refuses only after minutes: that one setting does not go with another. */
function requireFitting(config: ConfigReader, settings: ServerSettings): void {
  const { skuTier, skuName, highAvailability, availabilityZone, standbyAvailabilityZone } = settings;
  const size = SIZES[skuTier];
  if (size && !skuName.startsWith(size)) {
    config.problem(
      "serverSku",
      skuName,
      `with serverTier ${skuTier}, a size that begins with ${size}`,
      EXAMPLES[skuTier] ?? "",
    );
  }
  if (skuTier === "Burstable" && highAvailability !== "Disabled") {
    config.problem("highAvailability", highAvailability, "with serverTier Burstable, Disabled", "Disabled");
  }
  if (standbyAvailabilityZone && highAvailability !== "ZoneRedundant") {
    config.problem("standbyAvailabilityZone", standbyAvailabilityZone, "with highAvailability ZoneRedundant only", "");
  }
  if (standbyAvailabilityZone && standbyAvailabilityZone === availabilityZone) {
    config.problem(
      "standbyAvailabilityZone",
      standbyAvailabilityZone,
      `another zone than availabilityZone, ${availabilityZone}`,
      availabilityZone === "1" ? "2" : "1",
    );
  }
}
