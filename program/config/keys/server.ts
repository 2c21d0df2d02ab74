import { oneOf, SWITCH, sizeOf, text, wholeNumber } from "../key.ts";

/** Compute tiers of flexible server. */
export const TIERS = ["Burstable", "GeneralPurpose", "MemoryOptimized"] as const;
export type Tier = (typeof TIERS)[number];

/** Kinds of standby server. */
export const HIGH_AVAILABILITY = ["Disabled", "SameZone", "ZoneRedundant"] as const;
export type HighAvailability = (typeof HIGH_AVAILABILITY)[number];

/**
 * GiB of the disks that servers have (Premium SSD). Source: `storage_mb` of the Terraform provider azurerm, which refuses others as
 * Azure does; https://learn.microsoft.com/azure/postgresql/flexible-server/concepts-storage
 */
const STORAGE_SIZES = [32, 64, 128, 256, 512, 1024, 2048, 4095, 4096, 8192, 16384, 32767];

const ZONE = text(/^([1-3]|any)$/, "1, 2 or 3, a zone of the region, or any, which leaves it to Azure", "1");

/**
 * The server. dev costs little and can be thrown away; test is prod without its redundancy; prod survives the loss of a zone and of a
 * region.
 */
export const SERVER_KEYS = {
  postgresVersion: {
    ...oneOf(["16", "17", "18"]),
    default: "17",
    description:
      "PostgreSQL major version; 15 has no INHERIT and SET options of memberships, on which the roles' rights rest",
    change: "upgrades in place; Azure does not downgrade",
  },
  serverTier: {
    ...oneOf(TIERS),
    default: { dev: "Burstable", test: "GeneralPurpose", prod: "GeneralPurpose" },
    description: "Compute tier of the server",
    change: "restarts the server",
  },
  serverSku: {
    ...text(
      /^Standard_(B|DC?|EC?)\d+[a-z]*(_v\d+)?$/,
      "a compute size of flexible server, which begins with Standard_B, Standard_D or Standard_E",
      "Standard_D2ds_v5",
    ),
    default: { dev: "Standard_B1ms", test: "Standard_D2ds_v5", prod: "Standard_D2ds_v5" },
    description: "Compute size of the server; it must belong to serverTier",
    change: "restarts the server",
  },
  storageSizeGb: {
    ...sizeOf(STORAGE_SIZES),
    default: { dev: "32", test: "64", prod: "128" },
    description: "Storage of the server in GiB, a size of Premium SSD",
    change: "grows the storage in place; Azure does not shrink it",
  },
  storageAutoGrow: {
    ...SWITCH,
    default: { dev: "Disabled", test: "Enabled", prod: "Enabled" },
    description: "Whether Azure grows the storage before it is full",
    change: "is made in place",
  },
  highAvailability: {
    ...oneOf(HIGH_AVAILABILITY),
    default: { dev: "Disabled", test: "Disabled", prod: "ZoneRedundant" },
    description: "Whether the server has a standby, and where; Burstable servers have none",
    change: "is made in place",
  },
  availabilityZone: {
    ...ZONE,
    default: { dev: "any", test: "any", prod: "1" },
    description: "Availability zone of the server; without ZoneRedundant the default is any",
    change: "has no effect after the server's creation",
  },
  standbyAvailabilityZone: {
    ...ZONE,
    default: { dev: "none", test: "none", prod: "2" },
    description: "Availability zone of the standby, with ZoneRedundant only",
    change: "has no effect after the standby's creation",
  },
  backupRetentionDays: {
    ...wholeNumber(7, 35),
    default: { dev: "7", test: "14", prod: "35" },
    description: "Days that Azure keeps backups",
    change: "is made in place",
  },
  geoRedundantBackup: {
    ...SWITCH,
    default: { dev: "Disabled", test: "Disabled", prod: "Enabled" },
    description: "Whether Azure keeps backups in the paired region, too",
    change: "needs a new server: Azure decides it at the server's creation",
  },
  deletionProtection: {
    ...SWITCH,
    default: { dev: "Disabled", test: "Enabled", prod: "Enabled" },
    description: "Whether Pulumi refuses to delete the server and its databases",
    change: "is made in the state only",
  },
  publicAccess: {
    ...SWITCH,
    default: { dev: "Enabled", test: "Disabled", prod: "Disabled" },
    description:
      "Enabled: a public endpoint behind the server's firewall. Disabled: a private endpoint in the VMs' network, which the machine that runs Pulumi has to reach",
    change: "is made in place, and replaces the VMs, which move to another network; their roles stay",
  },
  diagnostics: {
    ...SWITCH,
    default: { dev: "Disabled", test: "Enabled", prod: "Enabled" },
    description: "Whether the server's logs go to a Log Analytics workspace",
    change: "creates or deletes the workspace with its logs",
  },
  logRetentionDays: {
    ...wholeNumber(30, 730),
    default: { dev: "30", test: "30", prod: "90" },
    description: "Days that the workspace keeps the logs",
    change: "is made in place",
  },
  databasePort: {
    ...wholeNumber(1, 65535),
    default: "5432",
    description:
      "Port of the server, on which administrators and the connection tests log in; not that of its PgBouncer",
    change: "changes the port that clients use",
  },
  pgBouncer: {
    ...SWITCH,
    default: "Disabled",
    description:
      "Whether applications connect by the server's PgBouncer, on port 6432 and by default one transaction at a time; Burstable servers have none",
    change: "sets the server parameters of PgBouncer, and changes the port that applications use",
  },
  databaseCaCert: {
    ...text(/\S/, "the path of a PEM file", "./ca.pem"),
    default: "",
    defaultWords: "Azure's authorities",
    description: "Path of a PEM file with the authority that signed the server's certificate; Azure's need none",
    change: "runs every connection test again",
  },
} as const;
