import { getClientConfigOutput } from "@pulumi/azure-native/authorization/getClientConfig.js";
import { ResourceGroup } from "@pulumi/azure-native/resources/resourceGroup.js";
import * as pulumi from "@pulumi/pulumi";
import {
  ConnectionCheck,
  connectionDetails,
  DatabaseAccess,
  deployer,
  EntraPostgresServer,
  EntraPrincipal,
  IdentityVm,
  PrivateDatabase,
} from "entra-postgres";
import { readSettings } from "./config.ts";
import { stackReadme } from "./readme.ts";

const settings = readSettings();
const administrator = settings.administrator ?? (await deployer());
const tags = { project: pulumi.getProject(), stack: pulumi.getStack() };
const { tenantId } = getClientConfigOutput();

const group = new ResourceGroup("app", { location: settings.location, tags });
const place = { resourceGroupName: group.name, location: settings.location };

const machines = settings.apps.map((app) => ({
  app,
  vm: new IdentityVm(app.name, { ...place, tags, ...settings.vm, vmName: app.vmName }),
}));

const server = new EntraPostgresServer("app", {
  ...place,
  tags,
  ...settings.server,
  tenantId,
  administrators: [administrator],
  databases: settings.databases,
  firewallRules: [
    ...machines.map(({ app, vm }) => ({
      name: `vm-${app.name}`,
      startIpAddress: vm.publicIpAddress,
      endIpAddress: vm.publicIpAddress,
    })),
    ...settings.allowedAddresses,
  ],
});
const endpoint = { host: server.host, port: server.port };
const login = { ...endpoint, adminUser: server.adminUser };
const serverId = server.server.id;
const inServer = { deletedWith: server.server };

const databases = settings.databases.map((name) => ({
  name,
  closed: new PrivateDatabase(name, { ...login, ...settings.caCertFile, tenantId, database: name }, inServer),
}));

const granted = machines.flatMap(({ app, vm }) =>
  databases
    .filter(({ name }) => name === app.database)
    .map(({ closed: { database, provider } }) => {
      const { schema, onDelete } = app;
      const args = { ...login, ...settings.caCertFile, tenantId, database, schema, onDelete, serverId };
      return { app, vm, access: new DatabaseAccess(app.name, args, { ...inServer, provider }) };
    }),
);

const checked = granted.map(({ app, vm, access }) => {
  const membership = access.membership(app.profile);
  const role = new EntraPrincipal(
    app.name,
    {
      ...login,
      ...settings.trust,
      ...membership,
      clientId: vm.clientId,
      roleName: vm.identityName,
      objectId: vm.principalId,
      serverId,
    },
    inServer,
  );
  const client = { ...endpoint, clientId: vm.clientId, database: app.database, user: role.roleName };
  const others = settings.apps.filter(({ name }) => name !== app.name);
  const check = new ConnectionCheck(
    app.name,
    {
      ...place,
      ...client,
      ...settings.trust,
      ...settings.ssh,
      actsAs: membership.actsAs,
      profile: app.profile,
      schema: app.schema,
      foreignSchemas: others.filter(({ database }) => database === app.database).map(({ schema }) => schema),
      foreignDatabases: settings.databases.filter((name) => name !== app.database),
      vmName: vm.vmName,
      objectId: role.objectId,
      sshHost: vm.publicIpAddress,
      sshUser: vm.adminUsername,
    },
    // What is denied elsewhere can be tried only once it is there.
    { dependsOn: granted.map((each) => each.access) },
  );
  return { app, client, role, check };
});

/** By application: how each kind of client connects as the identity. */
export const connections = Object.fromEntries(
  checked.map(({ app, client }) => [
    app.name,
    pulumi.output({ ...client, service: app.name, ...settings.clientTrust }).apply(connectionDetails),
  ]),
);
/** By application, the proof: what its VM saw when it logged in, what it was allowed and what it was denied. */
export const receipts = Object.fromEntries(
  checked.map(({ app, role, check }) => [
    app.name,
    pulumi.all([role.message, check.receipt]).apply(([createdRole, seen]) => ({ createdRole, ...seen })),
  ]),
);
/** What Pulumi Cloud shows as the stack's page. */
export const readme = stackReadme(settings.apps);
