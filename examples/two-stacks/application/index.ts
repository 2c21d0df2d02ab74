import { readFileSync } from "node:fs";
import { FirewallRule } from "@pulumi/azure-native/dbforpostgresql/firewallRule.js";
import * as pulumi from "@pulumi/pulumi";
import { type AdminLoginArgs, ConnectionCheck, EntraPrincipal, IdentityVm, SchemaAccess } from "entra-postgres";

const config = new pulumi.Config();
const authority = config.get("caFile");
const ca = authority ? { caCert: readFileSync(authority, "utf8") } : {};
const server = new pulumi.StackReference(config.require("serverStack"));
const at = <T>(name: string) => server.requireOutput(name) as pulumi.Output<T>;
const { host, port, adminUser, administrators } =
  at<pulumi.Unwrap<Required<Pick<AdminLoginArgs, "host" | "port" | "adminUser" | "administrators">>>>("login");
const login = { host, port, adminUser, administrators, serverId: at<string>("serverId"), ...ca };
const scope = { resourceGroupName: at<string>("resourceGroupName"), location: at<string>("location") };

const vm = new IdentityVm("billing-vm", scope);
const { principalId: objectId, clientId, identityName: roleName, vmName, publicIpAddress } = vm;
const rule = new FirewallRule("billing", {
  ...{ resourceGroupName: scope.resourceGroupName, serverName: at<string>("serverName"), firewallRuleName: "billing" },
  ...{ startIpAddress: publicIpAddress, endIpAddress: publicIpAddress },
});
// The server outlives this stack, so nothing here is deleted with it, and a delete asks `onDelete`.
const role = new EntraPrincipal("billing", { ...login, roleName, objectId, clientId });
const access = new SchemaAccess("billing", {
  ...{ ...login, database: "shop", schema: "billing", databaseStays: true },
  members: [{ principal: role, profile: "owner" }],
});
const check = new ConnectionCheck(
  "billing",
  {
    ...{ ...scope, ...ca, vmName, host, port, database: access.database, user: role.roleName, objectId, clientId },
    ...{ profile: "owner", schema: access.schema, isPrivate: false, actsAs: access.actsAs("owner") },
  },
  { dependsOn: [rule] },
);

/** What the VM saw when it logged in. */
export const receipt = check.receipt;
