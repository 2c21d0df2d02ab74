import { getClientConfigOutput } from "@pulumi/azure-native/authorization/getClientConfig.js";
import { ResourceGroup } from "@pulumi/azure-native/resources/resourceGroup.js";
import * as pulumi from "@pulumi/pulumi";
import {
  ConnectionCheck,
  connectionDetails,
  deployer,
  EntraPostgresServer,
  EntraPrincipal,
  IdentityVm,
} from "entra-postgres";
import { readSettings } from "./config.ts";

const settings = readSettings();
const administrator = settings.administrator ?? (await deployer());
const tags = { project: pulumi.getProject(), stack: pulumi.getStack() };

const group = new ResourceGroup("app", { location: settings.location, tags });
const place = { resourceGroupName: group.name, location: settings.location };

const vm = new IdentityVm("app", { ...place, tags, ...settings.vm });

const server = new EntraPostgresServer("app", {
  ...place,
  tags,
  ...settings.server,
  tenantId: getClientConfigOutput().tenantId,
  administrators: [administrator],
  databases: [settings.database],
  firewallRules: [
    { name: "vm", startIpAddress: vm.publicIpAddress, endIpAddress: vm.publicIpAddress },
    ...settings.allowedAddresses,
  ],
});

const endpoint = { host: server.host, port: server.port, clientId: vm.clientId };
const role = new EntraPrincipal(
  "app",
  {
    ...endpoint,
    ...settings.trust,
    adminUser: server.adminUser,
    roleName: vm.identityName,
    objectId: vm.principalId,
    memberOf: [],
    serverId: server.server.id,
  },
  { deletedWith: server.server },
);

const client = { ...endpoint, database: settings.database, user: role.roleName };
const check = new ConnectionCheck("app", {
  ...place,
  ...client,
  ...settings.trust,
  ...settings.ssh,
  vmName: vm.vmName,
  objectId: role.objectId,
  sshHost: vm.publicIpAddress,
  sshUser: vm.adminUsername,
});

/** How each kind of client connects as the identity. */
export const connection = pulumi.output(client).apply(connectionDetails);
/** The proof: what the VM saw when it logged in. */
export const receipt = pulumi
  .all([role.message, check.receipt])
  .apply(([createdRole, seen]) => ({ createdRole, ...seen }));
