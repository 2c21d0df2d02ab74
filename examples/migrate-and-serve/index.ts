import { readFileSync } from "node:fs";
import { getClientConfigOutput } from "@pulumi/azure-native/authorization/getClientConfig.js";
import { ResourceGroup } from "@pulumi/azure-native/resources/resourceGroup.js";
import * as pulumi from "@pulumi/pulumi";
import {
  ConnectionCheck,
  deployer,
  EntraPostgresServer,
  EntraPrincipal,
  IdentityVm,
  SchemaAccess,
} from "entra-postgres";

const config = new pulumi.Config();
const location = config.get("location") ?? "swedencentral";
const address = config.require("address");
const port = config.getNumber("port") ?? 5432;
const authority = config.get("caFile");
const ca = authority ? { caCert: readFileSync(authority, "utf8") } : {};
const { tenantId } = getClientConfigOutput();
const scope = { resourceGroupName: new ResourceGroup("shop", { location }).name, location };

// The pipeline's VM migrates the schema, the application's VM serves it, and the analysts' group reads it.
const PROFILES = { "shop-migrate": "migrator", "shop-serve": "writer" };
const machines = Object.entries(PROFILES).map(([name, profile]) => ({
  name,
  profile,
  vm: new IdentityVm(name, scope),
}));
const server = new EntraPostgresServer("shop", {
  ...{ ...scope, ...ca, port, tenantId, administrators: [await deployer()], databases: [{ name: "shop" }] },
  firewallRules: [
    { name: "deployer", startIpAddress: address, endIpAddress: address },
    ...machines.map(({ name, vm: { publicIpAddress } }) => ({
      ...{ name, startIpAddress: publicIpAddress, endIpAddress: publicIpAddress },
    })),
  ],
});
const { host, adminUser, administrators } = server;
const login = { host, port, adminUser, administrators, serverId: server.server.id, ...ca };
const inServer = { deletedWith: server.server };

const clients = machines.map(({ name, profile, vm }) => {
  const { principalId: objectId, clientId, identityName: roleName } = vm;
  return { vm, profile, role: new EntraPrincipal(name, { ...login, roleName, objectId, clientId }, inServer) };
});
const analysts = config.get("analystsObjectId");
const readers = analysts
  ? [
      new EntraPrincipal(
        "analysts",
        { ...login, roleName: config.require("analystsName"), objectId: analysts, principalType: "group" },
        inServer,
      ),
    ]
  : [];
const access = new SchemaAccess(
  "shop",
  {
    ...{ ...login, database: "shop", schema: "shop" },
    members: [
      ...clients.map(({ role: principal, profile }) => ({ principal, profile })),
      ...readers.map((principal) => ({ principal, profile: "reader" })),
    ],
  },
  inServer,
);

/** What each VM saw when it logged in, by profile. */
export const receipts = Object.fromEntries(
  clients.map(({ vm: { vmName, principalId: objectId, clientId }, profile, role }) => [
    profile,
    new ConnectionCheck(profile, {
      ...{ ...scope, ...ca, vmName, host, port, database: access.database, user: role.roleName, objectId, clientId },
      ...{ profile, schema: access.schema, isPrivate: false, actsAs: access.actsAs(profile) },
    }).receipt,
  ]),
);
