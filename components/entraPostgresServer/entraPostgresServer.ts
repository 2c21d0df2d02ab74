import { FirewallRule } from "@pulumi/azure-native/dbforpostgresql/firewallRule.js";
import { Server } from "@pulumi/azure-native/dbforpostgresql/server.js";
import * as pulumi from "@pulumi/pulumi";
import type { Administrator } from "../azure/deployer.ts";
import { refuseInvalid } from "../errors/invalidArguments.ts";
import type { EntraPostgresServerArgs } from "./entraPostgresServerArgs.ts";
import { createContents } from "./serverContents.ts";

/** Memberships have had INHERIT and SET options since then. */
const OLDEST_VERSION = 16;

/**
 * A PostgreSQL flexible server that takes Microsoft Entra tokens and no password: none is generated, none can be set.
 *
 * Everything in the server is created one after another: firewall rules, private endpoint, first administrator, databases, other
 * administrators, parameters.
 *
 * @throws {InvalidArguments} without an administrator, with two things of one name, with one principal twice, before PostgreSQL 16, or with
 * firewall rules of a server that has no public endpoint.
 */
export class EntraPostgresServer extends pulumi.ComponentResource {
  /** The server itself, for the `deletedWith` option of what lives in it. */
  readonly server: Server;
  /** Name of the server. */
  readonly serverName: pulumi.Output<string>;
  /** DNS name. Known once the server can be used: its administrators are in place, and its firewall rules or private endpoint. */
  readonly host: pulumi.Output<string>;
  /** TCP port. */
  readonly port: pulumi.Output<number>;
  /** Role of the first administrator; who logs in as another one passes `administrators`, too. */
  readonly adminUser: pulumi.Output<string>;
  /** All administrators, in their order: for who logs in, to be held against their token before a connection is opened. */
  readonly administrators: pulumi.Output<Administrator[]>;
  /** The firewall's rules, for who has to come after them. */
  readonly firewallRules: FirewallRule[];
  /** Names of the databases that were created. */
  readonly databases: pulumi.Output<string[]>;

  constructor(name: string, args: EntraPostgresServerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("entra-postgres:index:EntraPostgresServer", name, {}, opts);
    refuseInvalid("EP-SERVER-01", this, name, argumentErrors(args));
    this.server = createServer(name, args, { parent: this });
    const contents = createContents(name, args, this.server, this);

    this.serverName = this.server.name;
    this.firewallRules = contents.filter((resource) => FirewallRule.isInstance(resource));
    this.port = pulumi.output(args.port ?? 5432);
    this.adminUser = pulumi.output(args.administrators[0]?.name ?? "");
    this.administrators = pulumi.output(
      args.administrators.map(({ objectId, name: role, type }) => ({ objectId, name: role, type })),
    );
    this.databases = pulumi.output((args.databases ?? []).map((database) => database.name));
    // A preview connects to nothing. There the name of an existing server stays known, or each new firewall rule would show as a change of
    // everything that logs in.
    const ready = pulumi.runtime.isDryRun() ? [] : contents.map((resource) => resource.id);
    this.host = pulumi.all([this.server.fullyQualifiedDomainName, ...ready]).apply(([host]) => host as string);
    this.registerOutputs({
      serverName: this.serverName,
      host: this.host,
      port: this.port,
      adminUser: this.adminUser,
      administrators: this.administrators,
      databases: this.databases,
    });
  }
}

function argumentErrors(args: EntraPostgresServerArgs): pulumi.InputPropertyErrorDetails[] {
  const errors: pulumi.InputPropertyErrorDetails[] = [];
  if (args.administrators.length === 0) {
    errors.push({ propertyPath: "administrators", reason: "needs at least one; without one nobody can log in" });
  }
  if (!["Enabled", "Disabled"].includes(args.publicAccess ?? "Enabled")) {
    errors.push({ propertyPath: "publicAccess", reason: "is not one of: Enabled, Disabled" });
  }
  if (typeof args.postgresVersion === "string" && !(Number(args.postgresVersion) >= OLDEST_VERSION)) {
    const reason = `is ${args.postgresVersion}; the rights of roles need PostgreSQL ${OLDEST_VERSION} or later`;
    errors.push({ propertyPath: "postgresVersion", reason });
  }
  if (args.publicAccess === "Disabled" && (args.firewallRules ?? []).length > 0) {
    errors.push({
      propertyPath: "firewallRules",
      reason: 'must be empty with publicAccess "Disabled": there is no firewall',
    });
  }
  const named = {
    administrators: known(args.administrators.map((administrator) => administrator.name)),
    databases: (args.databases ?? []).map((database) => database.name),
    firewallRules: (args.firewallRules ?? []).map((rule) => rule.name),
    parameters: (args.parameters ?? []).map((parameter) => parameter.name),
  };
  for (const [propertyPath, names] of Object.entries(named)) {
    const twice = names.find((n, index) => names.indexOf(n) !== index);
    if (twice !== undefined) {
      errors.push({ propertyPath, reason: `names "${twice}" twice` });
    }
  }
  const nameless = args.administrators.findIndex(
    ({ objectId, key }) => typeof objectId !== "string" && key === undefined,
  );
  if (nameless >= 0) {
    const reason = "needs a key, because its object id is known only during `up`";
    errors.push({ propertyPath: `administrators[${nameless}]`, reason });
  }
  const principals = known(args.administrators.map(({ objectId }) => objectId)).map((id) => id.toLowerCase());
  const twice = principals.find((id, index) => principals.indexOf(id) !== index);
  if (twice !== undefined) {
    errors.push({
      propertyPath: "administrators",
      reason: `has the principal ${twice} twice; name each administrator once`,
    });
  }
  return errors;
}

/** The names that are known before anything is created. */
function known(names: pulumi.Input<string>[]): string[] {
  return names.filter((name) => typeof name === "string");
}

function createServer(name: string, args: EntraPostgresServerArgs, own: { parent: pulumi.Resource }): Server {
  return new Server(
    `${name}-server`,
    {
      resourceGroupName: args.resourceGroupName,
      location: args.location,
      ...(args.serverName ? { serverName: args.serverName } : {}),
      ...(args.tags ? { tags: args.tags } : {}),
      createMode: "Default",
      version: args.postgresVersion ?? "17",
      sku: { name: args.skuName ?? "Standard_B1ms", tier: args.skuTier ?? "Burstable" },
      storage: { storageSizeGB: args.storageSizeGb ?? 32, autoGrow: args.storageAutoGrow ?? "Disabled" },
      backup: {
        backupRetentionDays: args.backupRetentionDays ?? 7,
        geoRedundantBackup: args.geoRedundantBackup ?? "Disabled",
      },
      ...(args.availabilityZone ? { availabilityZone: args.availabilityZone } : {}),
      highAvailability: {
        mode: args.highAvailability ?? "Disabled",
        ...(args.standbyAvailabilityZone ? { standbyAvailabilityZone: args.standbyAvailabilityZone } : {}),
      },
      network: { publicNetworkAccess: args.publicAccess ?? "Enabled" },
      authConfig: { activeDirectoryAuth: "Enabled", passwordAuth: "Disabled", tenantId: args.tenantId },
    },
    {
      ...own,
      protect: args.deletionProtection ?? false,
      // Azure chooses the zone and may move the server on failover; following it back would restart the server.
      ignoreChanges: ["availabilityZone", "highAvailability.standbyAvailabilityZone"],
      customTimeouts: { create: "60m", update: "60m", delete: "60m" },
    },
  );
}
