import * as pulumi from "@pulumi/pulumi";
import { ConnectionCheck, connectionDetails, EntraPrincipal, SchemaAccess } from "entra-postgres";
import { type AppSettings, rolePrefix, type SchemaSettings } from "./config/app.ts";
import type { Settings } from "./config/settings.ts";
import type { DatabaseServer } from "./databaseServer.ts";
import { type Machine, renamedFrom } from "./machines.ts";
import type { Scope } from "./scope.ts";

/** A machine whose identity has a role in the database server. */
interface Client extends Machine {
  role: EntraPrincipal;
}

/** An application that can connect, and what its connection test found. */
export interface Application extends Client {
  /** Its schema. */
  schema: SchemaSettings;
  connection: pulumi.Output<ReturnType<typeof connectionDetails>>;
  receipt: pulumi.Output<object>;
}

/** The applications, and the schemas that they use. */
export interface Connected {
  applications: Application[];
  schemas: SchemaAccess[];
}

/** Binds a role to the identity of each application's VM, gives the roles their schemas, and tests each login on its VM. */
export function connectApplications(
  settings: Settings,
  scope: Scope,
  machines: Machine[],
  server: DatabaseServer,
): Connected {
  const clients = machines.map((machine) => ({ ...machine, role: createRole(machine, server) }));
  const schemas = createSchemas(settings, clients, server);
  const applications = clients.map((client) => ({
    ...client,
    ...testConnection(settings, scope, client, { server, schemas }),
  }));
  return { applications, schemas: [...schemas.values()] };
}

function createRole({ app, vm }: Machine, { login, serverId, inServer }: DatabaseServer): EntraPrincipal {
  const { clientId, identityName: roleName, principalId: objectId } = vm;
  const args = { ...login, clientId, roleName, objectId, serverId };
  return new EntraPrincipal(app.name, args, { ...inServer, ...renamedFrom(app) });
}

/** By name, the schemas; the roles of the applications that use one are its members. */
function createSchemas({ schemas }: Settings, clients: Client[], server: DatabaseServer): Map<string, SchemaAccess> {
  const { login, serverId, inServer, databases } = server;
  return new Map(
    schemas.map((settings) => {
      const { name, schema, database, onDelete, createSchemas, grants } = settings;
      const members = clients
        .filter(({ app }) => app.schema === name)
        .map(({ app, role }) => ({ principal: role, profile: app.profile }));
      // Passed explicitly: here the database's name is known before the database exists, so a preview and the policies see the roles' names.
      const args = {
        ...login,
        serverId,
        rolePrefix: rolePrefix(settings),
        schema,
        members,
        onDelete,
        createSchemas,
        grants,
      };
      const opened = databases.find((each) => each.name === database)?.opened;
      return [name, new SchemaAccess(name, { ...args, database: opened?.database ?? database }, inServer)];
    }),
  );
}

function testConnection(
  settings: Settings,
  scope: Scope,
  { app, vm, role }: Client,
  { server, schemas }: { server: DatabaseServer; schemas: Map<string, SchemaAccess> },
): Pick<Application, "schema" | "connection" | "receipt"> {
  const authority = settings.certificateAuthority;
  const schema = schemaOf(settings, app);
  const { database, createSchemas } = schema;
  const client = { ...server.endpoint, clientId: vm.clientId, database, user: role.roleName };
  const check = new ConnectionCheck(
    app.name,
    {
      ...scope,
      ...client,
      ...(authority ? { caCert: authority.pem } : {}),
      ...settings.ssh,
      ...foreignParts(settings, app),
      actsAs: schemas.get(app.schema)?.actsAs(app.profile),
      profile: app.profile,
      schema: schema.schema,
      createSchemas,
      vmName: vm.vmName,
      objectId: role.objectId,
      sshHost: vm.publicIpAddress,
      sshUser: vm.adminUsername,
    },
    // The test tries to reach the other schemas, so they have to exist.
    { dependsOn: [...schemas.values()], ...renamedFrom(app) },
  );
  const trust = authority ? { rootCertificate: authority.file, rootCertificatePem: authority.pem } : {};
  const connection = pulumi
    .output({ ...client, service: app.name, ...trust })
    .apply((facts) => connectionDetails(facts));
  const receipt = pulumi.all([role.message, check.receipt]).apply(([createdRole, seen]) => ({ createdRole, ...seen }));
  return { schema, connection, receipt };
}

function schemaOf({ schemas }: Settings, app: AppSettings): SchemaSettings {
  const found = schemas.find(({ name }) => name === app.schema);
  if (!found) throw new Error(`application ${app.name} has no schema`);
  return found;
}

/** The other schemas of the database and the other databases, where the test has to be denied. */
function foreignParts(settings: Settings, app: AppSettings) {
  const own = schemaOf(settings, app);
  const inDatabase = settings.schemas.filter(({ name, database }) => name !== own.name && database === own.database);
  return {
    foreignSchemas: inDatabase.map(({ schema }) => schema),
    foreignDatabases: settings.databases.map(({ name }) => name).filter((name) => name !== own.database),
  };
}
