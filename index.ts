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

const vm = new IdentityVm("app", {
  ...place,
  tags,
  vmName: settings.vmName,
  vmSize: settings.vmSize,
  identityType: settings.identityType,
  sshAllowedAddresses: settings.sshAllowedAddresses,
  ...(settings.ssh ? { sshPublicKey: settings.ssh.publicKey } : {}),
});

const server = new EntraPostgresServer("app", {
  ...place,
  tags,
  tenantId: getClientConfigOutput().tenantId,
  administrators: [administrator],
  databases: [settings.databaseName],
  firewallRules: [
    { name: "vm", startIpAddress: vm.publicIpAddress, endIpAddress: vm.publicIpAddress },
    ...settings.allowedAddresses,
  ],
  postgresVersion: settings.postgresVersion,
  skuName: settings.serverSku,
  skuTier: settings.serverTier,
  storageSizeGb: settings.storageSizeGb,
  backupRetentionDays: settings.backupRetentionDays,
  port: settings.databasePort,
});

const trust = settings.databaseCaCert ? { caCert: settings.databaseCaCert } : {};
const role = new EntraPrincipal(
  "app",
  {
    host: server.host,
    port: server.port,
    adminUser: server.adminUser,
    roleName: vm.identityName,
    objectId: vm.principalId,
    clientId: vm.clientId,
    ...trust,
  },
  { deletedWith: server.server },
);

const client = {
  host: server.host,
  port: server.port,
  database: settings.databaseName,
  user: role.roleName,
  clientId: vm.clientId,
};
const check = new ConnectionCheck("app", {
  ...place,
  ...client,
  ...trust,
  vmName: vm.vmName,
  objectId: role.objectId,
  sshHost: vm.publicIpAddress,
  sshPort: settings.sshPort,
  sshUser: vm.adminUsername,
  ...(settings.ssh ? { sshPrivateKey: settings.ssh.privateKey } : {}),
});

/** How each kind of client connects as the identity. */
export const connection = pulumi.output(client).apply(connectionDetails);
/** The proof: what the VM saw when it logged in. */
export const receipt = pulumi
  .all([role.message, check.receipt])
  .apply(([createdRole, seen]) => ({ createdRole, ...seen }));
