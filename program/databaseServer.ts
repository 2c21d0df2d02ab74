import type * as pulumi from "@pulumi/pulumi";
import {
  type Administrator,
  EntraPostgresServer,
  type EntraPostgresServerArgs,
  FirewallDriftCheck,
  type FirewallRuleArgs,
  PrivateDatabase,
  type PrivateEndpointArgs,
  type PrivateNetwork,
  ServerLogs,
  type ServerParameterArgs,
} from "entra-postgres";
import type { ServerSettings } from "./config/serverConfig.ts";
import type { DatabaseSettings, Settings } from "./config/settings.ts";
import type { Machine } from "./machines.ts";
import type { Scope } from "./scope.ts";

/** Where the server is, and as whom Pulumi logs in. */
interface Login {
  host: pulumi.Output<string>;
  port: pulumi.Output<number>;
  adminUser: pulumi.Output<string>;
  /** The deployer's token is compared with them before it connects. */
  administrators: pulumi.Output<Administrator[]>;
}

/** The server, and what works in it needs. */
export interface DatabaseServer {
  endpoint: Pick<Login, "host" | "port">;
  /** For components that log in themselves: with the certificate authority as PEM. */
  login: Login & { caCert?: string };
  /** For components that use @pulumi/postgresql: with the certificate authority as a file. */
  providerLogin: Login & { tenantId: pulumi.Output<string>; caCertFile?: string };
  /** ARM id. */
  serverId: pulumi.Output<string>;
  /** Options of the resources in the server, which are deleted with it. */
  inServer: { deletedWith: pulumi.Resource };
  /** The databases, to which only the members of their schemas can connect. */
  databases: { name: string; opened: PrivateDatabase }[];
}

/** What the server needs from the rest of the program. */
export interface Surroundings {
  scope: Scope;
  tenantId: pulumi.Output<string>;
  administrators: Administrator[];
  /** The VMs that connect to it. */
  machines: Machine[];
  /** The network of its private endpoint; without it, the server has a public endpoint. */
  network: PrivateNetwork | undefined;
}

/** Creates the server with its administrators, databases, network access and logs. */
export function createDatabaseServer(settings: Settings, around: Surroundings): DatabaseServer {
  const { scope, tenantId, administrators } = around;
  const { certificateAuthority, databases } = settings;
  const access = networkAccess(settings, around);
  const server = new EntraPostgresServer("app", {
    ...scope,
    ...serverArgs(settings.server),
    ...access,
    tenantId,
    administrators,
    ...(certificateAuthority ? { caCert: certificateAuthority.pem } : {}),
    databases: databases.map(({ name, retain }) => ({ name, retain })),
    parameters: allowedExtensions(databases),
  });
  const serverId = server.server.id;
  if (settings.logRetentionDays !== undefined) {
    const protect = settings.server.deletionProtection;
    new ServerLogs("app", { ...scope, serverId, retentionDays: settings.logRetentionDays }, { protect });
  }
  const endpoint = { host: server.host, port: server.port };
  const login = { ...endpoint, adminUser: server.adminUser, administrators: server.administrators };
  const caCertFile = certificateAuthority ? { caCertFile: certificateAuthority.file } : {};
  const providerLogin = { ...login, ...caCertFile, tenantId };
  const inServer = { deletedWith: server.server };
  if (access.firewallRules) {
    // Not protected, so that it can be deleted when publicAccess becomes Disabled. The protected drift check of the administrators keeps the
    // firewall rules, which it depends on.
    new FirewallDriftCheck(
      "app",
      { serverId, rules: access.firewallRules },
      { ...inServer, dependsOn: server.firewallRules },
    );
  }
  return {
    endpoint,
    login: certificateAuthority ? { ...login, caCert: certificateAuthority.pem } : login,
    providerLogin,
    serverId,
    inServer,
    databases: databases.map(({ name, extensions }) => ({
      name,
      opened: new PrivateDatabase(name, { ...providerLogin, database: name, extensions }, inServer),
    })),
  };
}

/** Azure creates only the extensions that this parameter lists. Source: Microsoft Learn, "Allow extensions in Azure Database for PostgreSQL". */
function allowedExtensions(databases: readonly DatabaseSettings[]): ServerParameterArgs[] {
  const names = [...new Set(databases.flatMap(({ extensions }) => extensions))].sort();
  return names.length === 0 ? [] : [{ name: "azure.extensions", value: names.join(",").toUpperCase() }];
}

/** The settings in Azure's words. */
function serverArgs(settings: ServerSettings): Partial<EntraPostgresServerArgs> {
  const { storageAutoGrow, geoRedundantBackup, publicAccess, availabilityZone, standbyAvailabilityZone, ...same } =
    settings;
  const word = (enabled: boolean) => (enabled ? "Enabled" : "Disabled");
  return {
    ...same,
    storageAutoGrow: word(storageAutoGrow),
    geoRedundantBackup: word(geoRedundantBackup),
    publicAccess: word(publicAccess),
    ...(availabilityZone ? { availabilityZone } : {}),
    ...(standbyAvailabilityZone ? { standbyAvailabilityZone } : {}),
  };
}

/** A private endpoint, or the firewall rules for the VMs and the configured addresses. */
function networkAccess(
  settings: Settings,
  { machines, network }: Surroundings,
): { privateEndpoint?: PrivateEndpointArgs; firewallRules?: FirewallRuleArgs[] } {
  if (network) {
    return { privateEndpoint: { subnetId: network.endpointSubnetId, privateZoneId: network.privateZoneId } };
  }
  const rules = machines.map(({ app, vm }) => ({
    name: `vm-${app.name}`,
    startIpAddress: vm.publicIpAddress,
    endIpAddress: vm.publicIpAddress,
  }));
  return { firewallRules: [...rules, ...settings.allowedAddresses] };
}
