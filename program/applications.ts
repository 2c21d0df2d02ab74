import * as pulumi from "@pulumi/pulumi";
import { ConnectionCheck, connectionDetails, EntraPrincipal, SchemaAccess } from "entra-postgres";
import { type AppSettings, rolePrefix } from "./config/app.ts";
import type { Settings } from "./config/settings.ts";
import type { DatabaseServer } from "./databaseServer.ts";
import type { Machine } from "./machines.ts";
import type { Scope } from "./scope.ts";

/** A machine whose identity has a role in the database server. */
interface Client extends Machine {
  role: EntraPrincipal;
}

/** An application that can connect, and what its connection test found. */
export interface Application extends Client {
  connection: pulumi.Output<ReturnType<typeof connectionDetails>>;
  receipt: pulumi.Output<object>;
}

/** Binds a role to the identity of each application's VM, gives the roles their schemas, and tests each login on its VM. */
export function connectApplications(
  settings: Settings,
  scope: Scope,
  machines: Machine[],
  server: DatabaseServer,
): Application[] {
  const clients = machines.map((machine) => ({ ...machine, role: createRole(machine, server) }));
  const schemas = createSchemas(settings, clients, server);
  return clients.map((client) => ({ ...client, ...testConnection(settings, scope, client, { server, schemas }) }));
}

function createRole({ app, vm }: Machine, { login, serverId, inServer }: DatabaseServer): EntraPrincipal {
  const { clientId, identityName: roleName, principalId: objectId } = vm;
  return new EntraPrincipal(app.name, { ...login, clientId, roleName, objectId, serverId }, inServer);
}

/** By application, its schema; its roles are members of the schema's. */
function createSchemas({ apps }: Settings, clients: Client[], server: DatabaseServer): Map<string, SchemaAccess> {
  const { login, serverId, inServer, databases } = server;
  return new Map(
    apps.map((app) => {
      const { schema, database, onDelete } = app;
      const members = clients.flatMap(({ app: { name, profile }, role }) =>
        name === app.name ? [{ principal: role, profile }] : [],
      );
      // Passed explicitly: here the database's name is known before the database exists, so a preview and the policies see the roles' names.
      const args = { ...login, rolePrefix: rolePrefix(app), schema, members, onDelete, serverId };
      const closed = databases.find(({ name }) => name === database)?.closed.database ?? database;
      return [app.name, new SchemaAccess(app.name, { ...args, database: closed }, inServer)];
    }),
  );
}

function testConnection(
  settings: Settings,
  scope: Scope,
  { app, vm, role }: Client,
  { server, schemas }: { server: DatabaseServer; schemas: Map<string, SchemaAccess> },
): Pick<Application, "connection" | "receipt"> {
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
      actsAs: schemas.get(app.name)?.actsAs(app.profile),
      profile: app.profile,
      schema: app.schema,
      vmName: vm.vmName,
      objectId: role.objectId,
      sshHost: vm.publicIpAddress,
      sshUser: vm.adminUsername,
    },
    // The test tries to reach the other applications' schemas, so they have to exist.
    { dependsOn: [...schemas.values()] },
  );
  const trust = authority ? { rootCertificate: authority.file, rootCertificatePem: authority.pem } : {};
  const connection = pulumi
    .output({ ...client, service: app.name, ...trust })
    .apply((facts) => connectionDetails(facts));
  const receipt = pulumi.all([role.message, check.receipt]).apply(([createdRole, seen]) => ({ createdRole, ...seen }));
  return { connection, receipt };
}

/** The schemas and databases of other applications, where the test has to be denied. */
function foreignParts({ apps, databases }: Settings, app: AppSettings) {
  const neighbours = apps.filter(({ name, database }) => name !== app.name && database === app.database);
  return {
    foreignSchemas: neighbours.map(({ schema }) => schema),
    foreignDatabases: databases.filter((name) => name !== app.database),
  };
}
