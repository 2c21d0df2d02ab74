import type * as pulumi from "@pulumi/pulumi";
import type { AdministratorArgs } from "../postgres/adminLogin.ts";

/** A range of IPv4 addresses that may reach the server. */
export interface FirewallRuleArgs {
  /** Name of the rule, unique on the server: letters, digits, `-` and `_`. */
  name: string;
  /** First address. */
  startIpAddress: pulumi.Input<string>;
  /** Last address. */
  endIpAddress: pulumi.Input<string>;
}

/** A database. */
export interface DatabaseArgs {
  /** Its name. */
  name: string;
  /** Whether it stays on the server when it is removed from the program. The last `up` before that decides. @default false */
  retain?: boolean;
}

/** A server parameter. */
export interface ServerParameterArgs {
  /** Name of the parameter, such as `log_connections`. */
  name: string;
  /** Its value, as text. */
  value: pulumi.Input<string>;
}

/** The arguments of {@link EntraPostgresServer}. */
export interface EntraPostgresServerArgs {
  /** Resource group of the server. Changing it replaces the server AND ITS DATA. */
  resourceGroupName: pulumi.Input<string>;
  /** Azure region. Changing it replaces the server AND ITS DATA. */
  location: pulumi.Input<string>;
  /** Tenant whose principals may log in. */
  tenantId: pulumi.Input<string>;
  /**
   * At least one; best a group. Each is a resource that is named by its object id, so their order does not count. An administrator that is
   * removed hands its roles over first.
   */
  administrators: AdministratorArgs[];
  /** PEM of the authority that signed the server's certificate, for the hand-over. @default those that Node.js trusts, Azure's among them */
  caCert?: pulumi.Input<string>;
  /** Databases to create, in addition to `postgres`, which every server has. @default none */
  databases?: DatabaseArgs[];
  /** Server parameters to set. @default none */
  parameters?: ServerParameterArgs[];
  /** Who may reach the server's public endpoint. @default nobody */
  firewallRules?: FirewallRuleArgs[];
  /**
   * `Enabled`: the server has a public endpoint, behind its firewall. `Disabled`: it is reached by private endpoints alone, and has no
   * firewall rules; whoever deploys must then be in a network that leads to one. @default "Enabled"
   */
  publicAccess?: string;
  /** A private endpoint of the server. @default none */
  privateEndpoint?: PrivateEndpointArgs;
  /** Name of the server, unique in Azure. @default chosen by Pulumi. Changing it replaces the server AND ITS DATA. */
  serverName?: pulumi.Input<string>;
  /** PostgreSQL major version, 16 or later. @default "17". Azure upgrades in place and never back. */
  postgresVersion?: pulumi.Input<string>;
  /** Compute size. @default "Standard_B1ms". A change restarts the server. */
  skuName?: pulumi.Input<string>;
  /** `Burstable`, `GeneralPurpose` or `MemoryOptimized`; must fit the size. @default "Burstable" */
  skuTier?: pulumi.Input<string>;
  /** Storage in GiB. It can grow and never shrink. @default 32 */
  storageSizeGb?: pulumi.Input<number>;
  /** `Enabled`: the storage grows by itself before it is full. @default "Disabled" */
  storageAutoGrow?: pulumi.Input<string>;
  /** `Disabled`, `SameZone` or `ZoneRedundant`: a standby server; not with `Burstable`. @default "Disabled" */
  highAvailability?: pulumi.Input<string>;
  /** Availability zone of the server, when it is created; later the service may move it. @default Azure chooses */
  availabilityZone?: pulumi.Input<string>;
  /** Availability zone of the standby server, when it is created. @default Azure chooses */
  standbyAvailabilityZone?: pulumi.Input<string>;
  /** Days that backups are kept, 7 to 35. @default 7 */
  backupRetentionDays?: pulumi.Input<number>;
  /** `Enabled`: backups are kept in the paired region, too. Azure takes it when a server is created and never later. @default "Disabled" */
  geoRedundantBackup?: pulumi.Input<string>;
  /**
   * Whether Pulumi refuses to delete the server and its databases, also in a replacement. An Azure lock is no substitute: it would keep
   * firewall rules and administrators from being deleted, too, which repairs need. @default false
   */
  deletionProtection?: boolean;
  /** TCP port of the server; not that of its PgBouncer, by which an administrator cannot work. @default 5432 */
  port?: pulumi.Input<number>;
  /** Tags for the server. @default none */
  tags?: pulumi.Input<{ [key: string]: pulumi.Input<string> }>;
}

/** Where a server's private address is to be. */
export interface PrivateEndpointArgs {
  /** ARM id of the subnet that the address is taken from, such as that of a `PrivateNetwork`. Changing it replaces the endpoint. */
  subnetId: pulumi.Input<string>;
  /** ARM id of the cloud's private DNS zone (`privateZoneId` of `PrivateNetwork`) that clients resolve the server's name in. */
  privateZoneId: pulumi.Input<string>;
}
