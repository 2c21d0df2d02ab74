import { AdministratorsMicrosoftEntra } from "@pulumi/azure-native/dbforpostgresql/administratorsMicrosoftEntra.js";
import { Configuration } from "@pulumi/azure-native/dbforpostgresql/configuration.js";
import { Database } from "@pulumi/azure-native/dbforpostgresql/database.js";
import { FirewallRule } from "@pulumi/azure-native/dbforpostgresql/firewallRule.js";
import type { Server } from "@pulumi/azure-native/dbforpostgresql/server.js";
import type * as pulumi from "@pulumi/pulumi";
import type { EntraPostgresServerArgs } from "./entraPostgresServerArgs.ts";
import { createPrivateEndpoint } from "./privateEndpoint.ts";

/**
 * Creates the children of a server one after another: Azure refuses two operations on one server at a time (409, ServerIsBusy). Administrators
 * come first, because a database that is created before them belongs to Azure's own role.
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

  for (const [index, { objectId, name: principalName, type: principalType }] of args.administrators.entries()) {
    made.push(
      new AdministratorsMicrosoftEntra(
        `${name}-admin-${index}`,
        { ...where, objectId, principalName, principalType, tenantId: args.tenantId },
        next(),
      ),
    );
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
  for (const { name: configurationName, value } of args.parameters ?? []) {
    made.push(
      new Configuration(
        `${name}-parameter-${configurationName}`,
        { ...where, configurationName, value, source: "user-override" },
        next(),
      ),
    );
  }
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
  return made;
}
