import { AdministratorsMicrosoftEntra } from "@pulumi/azure-native/dbforpostgresql/administratorsMicrosoftEntra.js";
import { Configuration } from "@pulumi/azure-native/dbforpostgresql/configuration.js";
import { Database } from "@pulumi/azure-native/dbforpostgresql/database.js";
import { FirewallRule } from "@pulumi/azure-native/dbforpostgresql/firewallRule.js";
import type { Server } from "@pulumi/azure-native/dbforpostgresql/server.js";
import type * as pulumi from "@pulumi/pulumi";
import type { AdministratorArgs } from "../postgres/adminLogin.ts";
import { administrable } from "./administrable.ts";
import { AdministratorHandOver } from "./administratorHandOver.ts";
import type { EntraPostgresServerArgs } from "./entraPostgresServerArgs.ts";
import { createPrivateEndpoint } from "./privateEndpoint.ts";

/**
 * Creates the children of a server one after another: Azure refuses two operations on one server at a time (409, ServerIsBusy).
 *
 * Firewall rules come first: a server takes administrators once it is accessible. A database that is created before the first administrator
 * belongs to Azure's own role, and one that is created after several belongs to one that cannot be foretold, so databases come after the first.
 * Source: hashicorp/terraform-provider-azurerm#27895, Azure/bicep-registry-modules#3596.
 * @returns every created resource
 */
export function createContents(
  name: string,
  args: EntraPostgresServerArgs,
  server: Server,
  parent: pulumi.Resource,
): pulumi.CustomResource[] {
  const where = { resourceGroupName: args.resourceGroupName, serverName: server.name };
  const made: pulumi.CustomResource[] = [];
  /** None needs deleting when the whole server goes. */
  const next = (): pulumi.CustomResourceOptions => ({ parent, dependsOn: made.slice(-1), deletedWith: server });
  const administer = (
    { objectId, key, name: principalName, type: principalType }: AdministratorArgs,
    serverName: pulumi.Output<string> = server.name,
  ) =>
    made.push(
      new AdministratorsMicrosoftEntra(
        `${name}-admin-${key ?? objectId}`,
        { ...where, serverName, objectId, principalName, principalType, tenantId: args.tenantId },
        // Azure identifies an administrator by its object id and changes neither name nor type.
        { ...next(), replaceOnChanges: ["principalName", "principalType"] },
      ),
    );
  const [first, ...others] = args.administrators;

  for (const { name: firewallRuleName, startIpAddress, endIpAddress } of args.firewallRules ?? []) {
    made.push(
      new FirewallRule(
        `${name}-firewall-${firewallRuleName}`,
        { ...where, firewallRuleName, startIpAddress, endIpAddress },
        next(),
      ),
    );
  }
  if (args.privateEndpoint) {
    // It is no part of the server and outlives it.
    const options = { parent, dependsOn: made.slice(-1) };
    made.push(...createPrivateEndpoint(name, args, args.privateEndpoint, server, options));
  }
  if (first) {
    const login = { port: args.port ?? 5432, adminUser: first.name, caCert: args.caCert };
    administer(first, administrable(server, login, made));
  }
  for (const { name: databaseName, retain = false } of args.databases ?? []) {
    made.push(
      new Database(
        `${name}-database-${databaseName}`,
        { ...where, databaseName, charset: "UTF8", collation: "en_US.utf8" },
        { ...next(), protect: args.deletionProtection ?? false, retainOnDelete: retain },
      ),
    );
  }
  for (const other of others) administer(other);
  for (const { name: configurationName, value } of args.parameters ?? []) {
    made.push(
      new Configuration(
        `${name}-parameter-${configurationName}`,
        { ...where, configurationName, value, source: "user-override" },
        next(),
      ),
    );
  }
  made.push(
    new AdministratorHandOver(
      name,
      {
        host: server.fullyQualifiedDomainName as pulumi.Output<string>,
        port: args.port ?? 5432,
        administrators: args.administrators,
        serverId: server.id,
        ...(args.caCert ? { caCert: args.caCert } : {}),
      },
      next(),
    ),
  );
  return made;
}
