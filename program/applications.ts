import * as pulumi from "@pulumi/pulumi";
import { ConnectionCheck, connectionDetails, DatabaseAccess, EntraPrincipal } from "entra-postgres";
import { type AppSettings, rolePrefix } from "./config/app.ts";
import type { Settings } from "./config/settings.ts";
import type { DatabaseServer } from "./databaseServer.ts";
import type { Machine } from "./machines.ts";
import type { Scope } from "./scope.ts";

/** A machine whose application has a schema. */
interface Granted extends Machine {
  access: DatabaseAccess;
}

/** Creates each application's schema and the roles of its profiles, in its database. */
function grantAccess(machines: Machine[], server: DatabaseServer): Granted[] {
  return machines.flatMap(({ app, vm }) =>
    server.databases
      .filter(({ name }) => name === app.database)
      .map(({ closed: { database, provider } }) => {
        const { schema, onDelete } = app;
        const { providerLogin, serverId } = server;
        // Passed explicitly: here the database's name is known before the database exists, so a preview and the policies see the roles' names.
        const prefix = { rolePrefix: rolePrefix(app) };
        const args = { ...providerLogin, ...prefix, database, schema, onDelete, serverId };
        return { app, vm, access: new DatabaseAccess(app.name, args, { ...server.inServer, provider }) };
      }),
  );
}

/** An application that can connect, and what its connection test found. */
export interface Application {
  app: AppSettings;
  role: EntraPrincipal;
  connection: pulumi.Output<ReturnType<typeof connectionDetails>>;
  receipt: pulumi.Output<object>;
}

/** Binds each application's role to its VM's identity, gives it its profile, and tests the login on the VM. */
export function connectApplications(
  settings: Settings,
  scope: Scope,
  machines: Machine[],
  server: DatabaseServer,
): Application[] {
  const granted = grantAccess(machines, server);
  return granted.map(({ app, vm, access }) => {
    const membership = access.membership(app.profile);
    const role = new EntraPrincipal(
      app.name,
      {
        ...server.login,
        ...membership,
        clientId: vm.clientId,
        roleName: vm.identityName,
        objectId: vm.principalId,
        serverId: server.serverId,
      },
      server.inServer,
    );
    const authority = settings.certificateAuthority;
    const client = { ...server.endpoint, clientId: vm.clientId, database: app.database, user: role.roleName };
    const check = new ConnectionCheck(
      app.name,
      {
        ...scope,
        ...client,
        ...(authority ? { caCert: authority.pem } : {}),
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
      // The test tries to reach the other applications' schemas, so they have to exist.
      { dependsOn: granted.map((each) => each.access) },
    );
    access.refuseBefore([role, check]);
    const trust = authority ? { rootCertificate: authority.file, rootCertificatePem: authority.pem } : {};
    const connection = pulumi
      .output({ ...client, service: app.name, ...trust })
      .apply((facts) => connectionDetails(facts));
    const receipt = pulumi
      .all([role.message, check.receipt])
      .apply(([createdRole, seen]) => ({ createdRole, ...seen }));
    return { app, role, connection, receipt };
  });
}

/** The schemas and databases of other applications, where the test has to be denied. */
function foreignParts({ apps, databases }: Settings, app: AppSettings) {
  const neighbours = apps.filter(({ name, database }) => name !== app.name && database === app.database);
  return {
    foreignSchemas: neighbours.map(({ schema }) => schema),
    foreignDatabases: databases.filter((name) => name !== app.database),
  };
}
