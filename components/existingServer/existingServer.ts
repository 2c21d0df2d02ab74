import { FirewallRule } from "@pulumi/azure-native/dbforpostgresql/firewallRule.js";
import * as pulumi from "@pulumi/pulumi";
import type { Administrator } from "../azure/deployer.ts";
import { AdministratorHandOver } from "../entraPostgresServer/administratorHandOver.ts";
import type { DatabaseArgs, FirewallRuleArgs } from "../entraPostgresServer/entraPostgresServerArgs.ts";
import type { AdministratorArgs } from "../postgres/adminLogin.ts";
import { type FoundServer, findServer } from "./findServer.ts";
import { ServerEntraLogin } from "./serverEntraLogin.ts";
import { ServerPart } from "./serverPart.ts";

/** The arguments of {@link ExistingServer}. */
export interface ExistingServerArgs {
  /** ARM id of the server. Changing it moves what this component made to that server. */
  serverId: pulumi.Input<string>;
  /** Tenant whose principals may log in. */
  tenantId: pulumi.Input<string>;
  /** Who has to administer the server: those who are not there are added, and removed with the component. Others stay. */
  administrators: AdministratorArgs[];
  /** PEM of the authority that signed the server's certificate. @default those that Node.js trusts, Azure's among them */
  caCert?: pulumi.Input<string>;
  /** Databases that have to be there: those that are not are created, and deleted with the component unless `retain` says otherwise. @default none */
  databases?: DatabaseArgs[];
  /** Rules to add to the firewall of a server with a public endpoint; their names must be free. @default none */
  firewallRules?: FirewallRuleArgs[];
  /** TCP port of the server; not that of its PgBouncer, by which an administrator cannot work. @default 5432 */
  port?: pulumi.Input<number>;
}

/**
 * A flexible server that another program made, with what this program needs in it. Microsoft Entra logins are enabled where they are off, which
 * restarts the server. The server itself, its settings, its password logins and everything found in it stay as they are, and a delete takes back only
 * what was added.
 *
 * Whoever is to refuse a wrong server before anything is changed awaits {@link findServer} first.
 *
 * @throws {UserError} EP-SERVER-05 to EP-SERVER-10, as {@link findServer} and the resources say
 */
export class ExistingServer extends pulumi.ComponentResource {
  /** ARM id of the server. */
  readonly serverId: pulumi.Output<string>;
  /** Name of the server. */
  readonly serverName: pulumi.Output<string>;
  /** DNS name. Known once the server can be used: its administrators are in place, and its firewall rules. */
  readonly host: pulumi.Output<string>;
  /** TCP port. */
  readonly port: pulumi.Output<number>;
  /** Role of the first administrator. */
  readonly adminUser: pulumi.Output<string>;
  /** The administrators of `administrators`, in their order. */
  readonly administrators: pulumi.Output<Administrator[]>;
  /** The added firewall rules, for who has to come after them. */
  readonly firewallRules: FirewallRule[];
  /** For each of `databases`, whether it was there before, and so stays. */
  readonly databaseStays: Readonly<Record<string, pulumi.Output<boolean>>>;

  constructor(name: string, args: ExistingServerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("entra-postgres:index:ExistingServer", name, {}, opts);
    const found = pulumi.output(args.serverId).apply(findServer);
    const login = new ServerEntraLogin(name, { serverId: found.serverId, tenantId: args.tenantId }, { parent: this });
    const around = { found, login, parent: this };
    const made = addContents(name, args, around);
    const databases = addDatabases(name, args, around, made);
    made.push(handOver(name, args, around, made));

    this.serverId = found.serverId;
    this.serverName = found.serverName;
    this.databaseStays = Object.fromEntries([...databases].map(([database, part]) => [database, part.found]));
    this.firewallRules = made.filter((resource) => FirewallRule.isInstance(resource));
    this.port = pulumi.output(args.port ?? 5432);
    this.adminUser = pulumi.output(args.administrators[0]?.name ?? "");
    this.administrators = pulumi.output(
      args.administrators.map(({ objectId, name: role, type }) => ({ objectId, name: role, type })),
    );
    // As in EntraPostgresServer: a preview connects to nothing.
    const ready = pulumi.runtime.isDryRun() ? [] : made.map(({ id }) => id);
    this.host = pulumi.all([found.host, ...ready]).apply(([host]) => host as string);
    const { serverId, serverName, host, port, adminUser, administrators } = this;
    this.registerOutputs({ serverId, serverName, host, port, adminUser, administrators });
  }
}

interface Around {
  found: pulumi.Output<FoundServer>;
  login: ServerEntraLogin;
  parent: pulumi.Resource;
}

const after = (made: readonly pulumi.Resource[], parent: pulumi.Resource): pulumi.CustomResourceOptions => ({
  parent,
  dependsOn: made.slice(-1),
});

/** Rules, then administrators, one after another as on a new server: Azure refuses two operations on one server at a time. */
function addContents(
  name: string,
  args: ExistingServerArgs,
  { found, login, parent }: Around,
): pulumi.CustomResource[] {
  const { resourceGroupName, serverName } = found;
  const { serverId } = login;
  const made: pulumi.CustomResource[] = [login];
  for (const { name: firewallRuleName, startIpAddress, endIpAddress } of args.firewallRules ?? []) {
    const rule = { resourceGroupName, serverName, firewallRuleName, startIpAddress, endIpAddress };
    made.push(new FirewallRule(`${name}-firewall-${firewallRuleName}`, rule, after(made, parent)));
  }
  for (const { objectId, key, name: principalName, type: principalType } of args.administrators) {
    const properties = { principalName, principalType, tenantId: args.tenantId };
    const part = { serverId, path: pulumi.interpolate`administrators/${objectId}`, properties };
    made.push(new ServerPart(`${name}-admin-${key ?? objectId}`, part, after(made, parent)));
  }
  return made;
}

/** By name, after what `made` has, to which they are added. */
function addDatabases(
  name: string,
  { databases = [] }: ExistingServerArgs,
  { login: { serverId }, parent }: Around,
  made: pulumi.CustomResource[],
): Map<string, ServerPart> {
  const parts = new Map<string, ServerPart>();
  for (const { name: database, retain = false } of databases) {
    const part = { serverId, path: `databases/${database}`, properties: { charset: "UTF8", collation: "en_US.utf8" } };
    const options = { ...after(made, parent), retainOnDelete: retain };
    const added = new ServerPart(`${name}-database-${database}`, part, options);
    made.push(added);
    parts.set(database, added);
  }
  return parts;
}

function handOver(
  name: string,
  { administrators, caCert, port = 5432 }: ExistingServerArgs,
  { found, login, parent }: Around,
  made: readonly pulumi.Resource[],
): AdministratorHandOver {
  const args = { host: found.host, port, administrators, serverId: login.serverId, ...(caCert ? { caCert } : {}) };
  return new AdministratorHandOver(name, args, after(made, parent));
}
