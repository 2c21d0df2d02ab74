import type { Environment } from "entra-postgres/environments";

/** Configuration keys whose defaults depend on the environment. Words are Azure's. */
export interface EnvironmentDefaults {
  /** Compute tier of the server. */
  serverTier: string;
  /** Compute size of the server. */
  serverSku: string;
  /** GiB. */
  storageSizeGb: number;
  /** Whether the storage grows by itself: `Enabled` or `Disabled`. */
  storageAutoGrow: string;
  /** `Disabled`, `SameZone` or `ZoneRedundant`. */
  highAvailability: string;
  /** Availability zone of the server; empty: Azure chooses. */
  availabilityZone: string;
  /** Availability zone of the standby server; empty: there is none, or Azure chooses. */
  standbyAvailabilityZone: string;
  /** Days. */
  backupRetentionDays: number;
  /** Whether backups are kept in the paired region, too: `Enabled` or `Disabled`. */
  geoRedundantBackup: string;
  /** Whether the server has a public endpoint, behind its firewall, or a private one in the VMs' network: `Enabled` or `Disabled`. */
  publicAccess: string;
  /** Whether Pulumi refuses to delete the server and its databases: `Enabled` or `Disabled`. */
  deletionProtection: string;
  /** Whether the server's logs go to a Log Analytics workspace: `Enabled` or `Disabled`. */
  diagnostics: string;
  /** Days that the logs are kept there. */
  logRetentionDays: number;
}

/** dev costs little and can be thrown away; test is prod without its redundancy; prod survives the loss of a zone and of a region. */
export const DEFAULTS: Readonly<Record<Environment, EnvironmentDefaults>> = {
  dev: {
    serverTier: "Burstable",
    serverSku: "Standard_B1ms",
    storageSizeGb: 32,
    storageAutoGrow: "Disabled",
    highAvailability: "Disabled",
    availabilityZone: "",
    standbyAvailabilityZone: "",
    backupRetentionDays: 7,
    geoRedundantBackup: "Disabled",
    publicAccess: "Enabled",
    deletionProtection: "Disabled",
    diagnostics: "Disabled",
    logRetentionDays: 30,
  },
  test: {
    serverTier: "GeneralPurpose",
    serverSku: "Standard_D2ds_v5",
    storageSizeGb: 64,
    storageAutoGrow: "Enabled",
    highAvailability: "Disabled",
    availabilityZone: "",
    standbyAvailabilityZone: "",
    backupRetentionDays: 14,
    geoRedundantBackup: "Disabled",
    publicAccess: "Disabled",
    deletionProtection: "Enabled",
    diagnostics: "Enabled",
    logRetentionDays: 30,
  },
  prod: {
    serverTier: "GeneralPurpose",
    serverSku: "Standard_D2ds_v5",
    storageSizeGb: 128,
    storageAutoGrow: "Enabled",
    highAvailability: "ZoneRedundant",
    availabilityZone: "1",
    standbyAvailabilityZone: "2",
    backupRetentionDays: 35,
    geoRedundantBackup: "Enabled",
    publicAccess: "Disabled",
    deletionProtection: "Enabled",
    diagnostics: "Enabled",
    logRetentionDays: 90,
  },
};
