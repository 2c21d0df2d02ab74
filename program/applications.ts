import * as pulumi from "@pulumi/pulumi";
import { ConnectionCheck, connectionDetails, EntraPrincipal, SchemaAccess } from "entra-postgres";
import { type AppSettings, rolePrefix, type SchemaSettings } from "./config/app.ts";
import { PGBOUNCER_PORT } from "./config/serverConfig.ts";
import type { Settings } from "./config/settings.ts";
import type { DatabaseServer } from "./databaseServer.ts";
import { type Identity, type Machine, renamedFrom } from "./identities.ts";

/** An identity that has a role in the database server. */
interface Client extends Identity {
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

/** Binds a role to the identity of each application, gives the roles their schemas, and tests each login on its VM. */
export function connectApplications(settings: Settings, identities: Identity[], server: DatabaseServer): Connected {
  const clients = identities.map((identity) => ({ ...identity, role: createRole(identity, server) }));
  const schemas = createSchemas(settings, clients, server);
  const applications = clients.map((client) => ({
    ...client,
    ...connect(settings, client, { server, schemas }),
  }));
  return { applications, schemas: [...schemas.values()] };
}

function createRole(identity: Identity, { login, serverId, inServer }: DatabaseServer): EntraPrincipal {
  const { app, objectId, clientId, roleName, principalType } = identity;
  const known = clientId === undefined ? {} : { clientId };
  const args = { ...login, ...known, roleName, objectId, principalType, serverId };
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
      const { opened, stays = false } = databases.find((each) => each.name === database) ?? {};
      const where = { database: opened?.database ?? database, databaseStays: stays };
      return [name, new SchemaAccess(name, { ...args, ...where }, inServer)];
    }),
  );
}

function connect(
  settings: Settings,
  client: Client,
  { server, schemas }: { server: DatabaseServer; schemas: Map<string, SchemaAccess> },
): Pick<Application, "schema" | "connection" | "receipt"> {
  const { app, clientId, role, machine } = client;
  const authority = settings.certificateAuthority;
  const schema = schemaOf(settings, app);
  const facts = {
    ...server.endpoint,
    // The connection test uses the server's own port: in a pool, its settings would reach other clients.
    ...(settings.server.pgBouncer ? { port: PGBOUNCER_PORT } : {}),
    ...(clientId === undefined ? {} : { clientId }),
    database: schema.database,
    user: role.roleName,
    service: app.name,
    ...(authority ? { rootCertificate: authority.file, rootCertificatePem: authority.pem } : {}),
  };
  const connection = pulumi.output(facts).apply((known) => connectionDetails(known));
  const seen = machine ? testConnection(settings, client, machine, { server, schemas, schema }) : UNTESTED;
  const receipt = pulumi.all([role.message, seen]).apply(([createdRole, found]) => ({ createdRole, ...found }));
  return { schema, connection, receipt };
}

/** The receipt of an identity of which the stack knows no VM. */
const UNTESTED = { connectionTest: "not run: no VM with this identity is configured" };

function testConnection(
  settings: Settings,
  { app, clientId = "", role }: Client,
  { vmName, resourceGroupName, location, publicIpAddress, adminUsername }: Machine,
  { server, schemas, schema }: { server: DatabaseServer; schemas: Map<string, SchemaAccess>; schema: SchemaSettings },
): pulumi.Output<object> {
  const authority = settings.certificateAuthority;
  const check = new ConnectionCheck(
    app.name,
    {
      ...{ vmName, resourceGroupName, location, clientId },
      ...server.endpoint,
      ...(authority ? { caCert: authority.pem } : {}),
      ...settings.ssh,
      ...foreignParts(settings, app),
      database: schema.database,
      user: role.roleName,
      actsAs: schemas.get(app.schema)?.actsAs(app.profile),
      profile: app.profile,
      schema: schema.schema,
      createSchemas: schema.createSchemas,
      isPrivate: settings.privateDatabases,
      objectId: role.objectId,
      sshHost: publicIpAddress ?? "",
      sshUser: adminUsername,
    },
    // The test tries to reach the other schemas, so they have to exist.
    { dependsOn: [...schemas.values()], ...renamedFrom(app) },
  );
  return check.receipt;
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
    foreignDatabases: (settings.privateDatabases ? settings.databases : [])
      .map(({ name }) => name)
      .filter((name) => name !== own.database),
  };
}
