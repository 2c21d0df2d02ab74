import type * as pulumi from "@pulumi/pulumi";
import {
  type Administrator,
  EntraPostgresServer,
  FirewallDriftCheck,
  type FirewallRuleArgs,
  PrivateDatabase,
  type PrivateEndpointArgs,
  type PrivateNetwork,
  ServerLogs,
} from "entra-postgres";
import type { Machine } from "./applications.ts";
import type { Settings } from "./config/settings.ts";
import type { Scope } from "./scope.ts";

/** The server, and what is needed to work in it. */
export interface DatabaseServer {
  /** Where it is. */
  endpoint: { host: pulumi.Output<string>; port: pulumi.Output<number> };
  /** The same, and as whom to log in. */
  login: {
    host: pulumi.Output<string>;
    port: pulumi.Output<number>;
    adminUser: pulumi.Output<string>;
    /** Who may: the login is held against them before it connects. */
    administrators: pulumi.Output<Administrator[]>;
  };
  tenantId: pulumi.Output<string>;
  /** ARM id. */
  serverId: pulumi.Output<string>;
  /** Options of what lives in it and goes with it. */
  inServer: { deletedWith: pulumi.Resource };
  /** The applications' databases, which only those enter who were let in. */
  databases: { name: string; closed: PrivateDatabase }[];
}

/** What surrounds the server. */
export interface Surroundings {
  scope: Scope;
  tenantId: pulumi.Output<string>;
  administrators: Administrator[];
  /** The VMs that connect to it. */
  machines: Machine[];
  /** Where its private endpoint is to be; without it, the server has a public one. */
  network: PrivateNetwork | undefined;
}

/** The server with its administrators, its databases, its doors and its logs. */
export function createDatabaseServer(settings: Settings, around: Surroundings): DatabaseServer {
  const { scope, tenantId, administrators } = around;
  const entrance = doors(settings, around);
  const server = new EntraPostgresServer("app", {
    ...scope,
    ...settings.server,
    ...entrance,
    tenantId,
    administrators,
    databases: settings.databases,
  });
  const serverId = server.server.id;
  if (settings.logRetentionDays !== undefined) {
    const protect = settings.server.deletionProtection;
    new ServerLogs("app", { ...scope, serverId, retentionDays: settings.logRetentionDays }, { protect });
  }
  const endpoint = { host: server.host, port: server.port };
  const login = { ...endpoint, adminUser: server.adminUser, administrators: server.administrators };
  const inServer = { deletedWith: server.server };
  if (entrance.firewallRules) {
    // Not protected: the guard of the administrators is, and with it the rules that it comes after. This one goes when the server is taken from
    // the Internet.
    new FirewallDriftCheck(
      "app",
      { serverId, rules: entrance.firewallRules },
      { ...inServer, dependsOn: server.firewallRules },
    );
  }
  const databases = settings.databases.map((name) => ({
    name,
    closed: new PrivateDatabase(name, { ...login, ...settings.caCertFile, tenantId, database: name }, inServer),
  }));
  return { endpoint, login, tenantId, serverId, inServer, databases };
}

/** A private endpoint, or the firewall's rules for the VMs and whoever was named. */
function doors(
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
