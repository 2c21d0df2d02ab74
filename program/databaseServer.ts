import * as pulumi from "@pulumi/pulumi";
import {
  type Administrator,
  EntraPostgresServer,
  type EntraPostgresServerArgs,
  ExistingServer,
  FirewallDriftCheck,
  type FirewallRuleArgs,
  type FoundServer,
  PrivateDatabase,
  type PrivateEndpointArgs,
  ServerLogs,
  type ServerParameterArgs,
} from "entra-postgres";
import type { ServerSettings } from "./config/serverConfig.ts";
import type { DatabaseSettings, Settings } from "./config/settings.ts";
import type { Existing } from "./existing.ts";
import type { Identity } from "./identities.ts";
import type { Network } from "./network.ts";
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
  /** ARM id. */
  serverId: pulumi.Output<string>;
  /** Options of the resources in the server, which are deleted with a new one. */
  inServer: { deletedWith?: pulumi.Resource };
  /** The databases: `opened`, where only the members of their schemas can connect; whether they stay without their schemas. */
  databases: { name: string; opened?: PrivateDatabase; stays: pulumi.Input<boolean> }[];
}

/** What the server needs from the rest of the program. */
export interface Surroundings {
  scope: Scope;
  tenantId: pulumi.Output<string>;
  administrators: Administrator[];
  /** The identities that connect to it, with their VMs. */
  identities: Identity[];
  /** The network of its private endpoint; without it, the server has a public endpoint. */
  network: Network | undefined;
  existing: Existing;
}

/** The server with its administrators, databases, network access and logs: a new one, or one that another program made. */
export function createDatabaseServer(settings: Settings, around: Surroundings): DatabaseServer {
  const { tenantId } = around;
  const { certificateAuthority, databases, privateDatabases } = settings;
  const { server, serverId, inServer } = around.existing.server
    ? existingServer(settings, around, around.existing.server)
    : newServer(settings, around);
  const endpoint = { host: server.host, port: server.port };
  const login = { ...endpoint, adminUser: server.adminUser, administrators: server.administrators };
  const caCertFile = certificateAuthority ? { caCertFile: certificateAuthority.file } : {};
  const providerLogin = { ...login, ...caCertFile, tenantId, serverId };
  const giveBack = around.existing.server !== undefined;
  return {
    endpoint,
    login: certificateAuthority ? { ...login, caCert: certificateAuthority.pem } : login,
    serverId,
    inServer,
    databases: databases.map(({ name, extensions }) => ({
      name,
      stays: server instanceof ExistingServer ? (server.databaseStays[name] ?? false) : false,
      ...(privateDatabases
        ? { opened: new PrivateDatabase(name, { ...providerLogin, database: name, extensions, giveBack }, inServer) }
        : {}),
    })),
  };
}

/** A server, and what a program needs to know of it. */
interface Created {
  server: EntraPostgresServer | ExistingServer;
  serverId: pulumi.Output<string>;
  inServer: DatabaseServer["inServer"];
}

function newServer(settings: Settings, around: Surroundings): Created {
  const { scope, tenantId, administrators } = around;
  const { certificateAuthority, databases, logRetentionDays } = settings;
  const access = networkAccess(settings, around);
  const server = new EntraPostgresServer("app", {
    ...scope,
    ...serverArgs(settings.server),
    ...access,
    tenantId,
    administrators,
    ...(certificateAuthority ? { caCert: certificateAuthority.pem } : {}),
    databases: databases.map(({ name, retain }) => ({ name, retain })),
    parameters: [...allowedExtensions(databases), ...(settings.server.pgBouncer ? PGBOUNCER : [])],
  });
  const serverId = server.server.id;
  if (logRetentionDays !== undefined) {
    const protect = settings.server.deletionProtection;
    new ServerLogs("app", { ...scope, serverId, retentionDays: logRetentionDays }, { protect });
  }
  const inServer = { deletedWith: server.server };
  if (access.firewallRules) {
    // Not protected, so that it can be deleted when publicAccess becomes Disabled. The protected drift check of the administrators keeps the
    // firewall rules, which it depends on.
    const rules = { serverId, rules: access.firewallRules };
    new FirewallDriftCheck("app", rules, { ...inServer, dependsOn: server.firewallRules });
  }
  return { server, serverId, inServer };
}

/** A server that another program made outlives what is in it, so everything in it is deleted by itself. */
function existingServer(settings: Settings, around: Surroundings, found: FoundServer): Created {
  const { tenantId, administrators } = around;
  const { certificateAuthority, databases } = settings;
  const prefix = `${pulumi.getProject()}-${pulumi.getStack()}-`;
  const firewallRules = found.publicAccess
    ? firewallRulesOf(settings, around).map((rule) => ({ ...rule, name: `${prefix}${rule.name}` }))
    : [];
  if (!found.entraEnabled) {
    pulumi.log.warn(`Microsoft Entra logins of server ${found.serverName} are off. Enabling them restarts the server.`);
  }
  const server = new ExistingServer("app", {
    serverId: found.serverId,
    tenantId,
    administrators,
    ...(certificateAuthority ? { caCert: certificateAuthority.pem } : {}),
    databases: databases.map(({ name, retain }) => ({ name, retain })),
    firewallRules,
    port: settings.server.port,
  });
  if (found.publicAccess) {
    const rules = { serverId: server.serverId, rules: firewallRules, keepFound: true };
    new FirewallDriftCheck("app", rules, { dependsOn: server.firewallRules });
  }
  return { server, serverId: server.serverId, inServer: {} };
}

/** Azure creates only the extensions that this parameter lists. Source: Microsoft Learn, "Allow extensions in Azure Database for PostgreSQL". */
function allowedExtensions(databases: readonly DatabaseSettings[]): ServerParameterArgs[] {
  const names = [...new Set(databases.flatMap(({ extensions }) => extensions))].sort();
  return names.length === 0 ? [] : [{ name: "azure.extensions", value: names.join(",").toUpperCase() }];
}

/**
 * PgBouncer's parameters; the others are there only when the first is set. Drivers send extra_float_digits when they connect, and prepare statements
 * by name, which a transaction pool has to know. Source: Microsoft Learn, "PgBouncer in Azure Database for PostgreSQL".
 */
const PGBOUNCER: readonly ServerParameterArgs[] = [
  { name: "pgbouncer.enabled", value: "true" },
  { name: "pgbouncer.ignore_startup_parameters", value: "extra_float_digits" },
  { name: "pgbouncer.max_prepared_statements", value: "200" },
];

/** The settings in Azure's words. */
function serverArgs(settings: ServerSettings): Partial<EntraPostgresServerArgs> {
  const {
    storageAutoGrow,
    geoRedundantBackup,
    publicAccess,
    pgBouncer: _pool,
    availabilityZone,
    standbyAvailabilityZone,
    ...same
  } = settings;
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

/** A private endpoint, or firewall rules. */
function networkAccess(
  settings: Settings,
  around: Surroundings,
): { privateEndpoint?: PrivateEndpointArgs; firewallRules?: FirewallRuleArgs[] } {
  const { network } = around;
  if (!network) return { firewallRules: firewallRulesOf(settings, around) };
  return { privateEndpoint: { subnetId: network.endpointSubnetId, privateZoneId: network.privateZoneId } };
}

/** The firewall rules for the VMs and the configured addresses. */
function firewallRulesOf({ allowedAddresses }: Settings, { identities }: Surroundings): FirewallRuleArgs[] {
  const rules = identities.flatMap(({ app, machine }) =>
    machine?.publicIpAddress === undefined
      ? []
      : [{ name: `vm-${app.name}`, startIpAddress: machine.publicIpAddress, endIpAddress: machine.publicIpAddress }],
  );
  return [...rules, ...allowedAddresses];
}
