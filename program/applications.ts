import * as pulumi from "@pulumi/pulumi";
import {
  ConnectionCheck,
  connectionDetails,
  DatabaseAccess,
  EntraPrincipal,
  IdentityVm,
  type PrivateNetwork,
} from "entra-postgres";
import { type AppSettings, rolePrefix } from "./config/appsConfig.ts";
import type { Settings } from "./config/settings.ts";
import type { DatabaseServer } from "./databaseServer.ts";
import type { Scope } from "./scope.ts";

/** An application's VM, whose identity logs in. */
export interface Machine {
  app: AppSettings;
  vm: IdentityVm;
}

/** One VM for each application; in the private network where there is one, else each in a network of its own. */
export function createMachines(settings: Settings, scope: Scope, network: PrivateNetwork | undefined): Machine[] {
  const subnet = network ? { subnetId: network.machineSubnetId } : {};
  return settings.apps.map((app) => ({
    app,
    vm: new IdentityVm(app.name, { ...scope, ...settings.vm, ...subnet, vmName: app.vmName }),
  }));
}

interface Granted extends Machine {
  access: DatabaseAccess;
}

/** Each application's schema and the roles of its profiles, in its database. */
function grantAccess(settings: Settings, machines: Machine[], server: DatabaseServer): Granted[] {
  return machines.flatMap(({ app, vm }) =>
    server.databases
      .filter(({ name }) => name === app.database)
      .map(({ closed: { database, provider } }) => {
        const { schema, onDelete } = app;
        const { login, tenantId, serverId } = server;
        // Said here, where the database's name is known before the database is there, so that a preview and the policies see the roles' names.
        const prefix = { rolePrefix: rolePrefix(app) };
        const args = { ...login, ...settings.caCertFile, ...prefix, tenantId, database, schema, onDelete, serverId };
        return { app, vm, access: new DatabaseAccess(app.name, args, { ...server.inServer, provider }) };
      }),
  );
}

/** An application that is ready to connect, and the proof of it. */
export interface Application {
  app: AppSettings;
  role: EntraPrincipal;
  connection: pulumi.Output<ReturnType<typeof connectionDetails>>;
  receipt: pulumi.Output<object>;
}

/** Binds each application's role to its VM's identity, gives it its profile, and has the VM prove the login. */
export function connectApplications(
  settings: Settings,
  scope: Scope,
  machines: Machine[],
  server: DatabaseServer,
): Application[] {
  const granted = grantAccess(settings, machines, server);
  return granted.map(({ app, vm, access }) => {
    const membership = access.membership(app.profile);
    const role = new EntraPrincipal(
      app.name,
      {
        ...server.login,
        ...settings.trust,
        ...membership,
        clientId: vm.clientId,
        roleName: vm.identityName,
        objectId: vm.principalId,
        serverId: server.serverId,
      },
      server.inServer,
    );
    const client = { ...server.endpoint, clientId: vm.clientId, database: app.database, user: role.roleName };
    const check = new ConnectionCheck(
      app.name,
      {
        ...scope,
        ...client,
        ...settings.trust,
        ...settings.ssh,
        ...foreignParts(settings, app),
        actsAs: membership.actsAs,
        profile: app.profile,
        schema: app.schema,
        vmName: vm.vmName,
        objectId: role.objectId,
        sshHost: vm.publicIpAddress,
        sshUser: vm.adminUsername,
      },
      // What is denied elsewhere can be tried only once it is there.
      { dependsOn: granted.map((each) => each.access) },
    );
    access.refuseBefore([role, check]);
    const connection = pulumi
      .output({ ...client, service: app.name, ...settings.clientTrust })
      .apply((facts) => connectionDetails(facts));
    const receipt = pulumi
      .all([role.message, check.receipt])
      .apply(([createdRole, seen]) => ({ createdRole, ...seen }));
    return { app, role, connection, receipt };
  });
}

/** What belongs to other applications, where the proof has to be turned away. */
function foreignParts({ apps, databases }: Settings, app: AppSettings) {
  const neighbours = apps.filter(({ name, database }) => name !== app.name && database === app.database);
  return {
    foreignSchemas: neighbours.map(({ schema }) => schema),
    foreignDatabases: databases.filter((name) => name !== app.database),
  };
}
