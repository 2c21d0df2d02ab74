import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "entra-postgres/errors";
import { askStatus } from "../control.ts";
import { DEPLOYER } from "../deployer.ts";
import { type Running, readRunning } from "../running.ts";

/** What the program told of the connection: host, port, database, user, client id and more. */
export type Connection = Readonly<Record<string, string | number>>;

/** The audience of tokens for Azure Database for PostgreSQL (Microsoft Learn, "Use Microsoft Entra ID for authentication"). */
const DATABASE_RESOURCE = "https://ossrdbms-aad.database.windows.net";

/** @throws Error when no sandbox runs in this folder */
export function runningSandbox(dir: string): Running {
  const running = readRunning(dir);
  if (!running)
    throw new UserError({
      code: "EP-CLI-04",
      step: "looking for a sandbox",
      expected: "one that is up",
      found: "none",
    });
  return running;
}

/**
 * The connection details of one application, by default of the first.
 * @throws UserError when `make sandbox` has not deployed the program, or it has no such application
 */
export async function connectionDetails(dir: string, running: Running, app?: string): Promise<Connection> {
  const connections = await readConnections(dir, running);
  const names = Object.keys(connections);
  const found = connections[app ?? names[0] ?? ""];
  if (!found)
    throw new UserError({
      code: "EP-CLI-07",
      step: "looking for the application",
      expected: `one of ${names.join(", ")}`,
      found: app ?? "no application",
    });
  return found;
}

/** The applications that `make sandbox` has deployed, by name. @throws UserError that names what is up when it has deployed none */
export async function readConnections(dir: string, running: Running): Promise<Record<string, Connection>> {
  const file = join(dir, "connections.json");
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8"));
  const { servers, virtualMachines } = await askStatus(running);
  const names = [...servers, ...virtualMachines.map(({ name }) => name)];
  throw new UserError({
    code: "EP-CLI-06",
    step: "reading the connection details",
    expected: "a sandbox on which `make sandbox` has deployed the program",
    found: names.length === 0 ? "an empty sandbox" : `a sandbox that runs ${names.join(", ")} for another program`,
  });
}

/**
 * The metadata endpoint of the virtual machine of an application.
 * @throws Error when the sandbox has no such machine
 */
export async function machineEndpoint(running: Running, connection: Connection): Promise<string> {
  const { virtualMachines } = await askStatus(running);
  const machine = virtualMachines.find(({ name }) => name === connection.user);
  if (!machine)
    throw new UserError({
      code: "EP-CLI-07",
      step: "looking for the virtual machine",
      expected: String(connection.user),
      found: virtualMachines.map(({ name }) => name).join(", ") || "no virtual machine",
    });
  return machine.imdsUrl;
}

/** Gets a token for the database as the virtual machine does: from its metadata endpoint. Callers never print it. */
export async function machineToken(running: Running, connection: Connection): Promise<string> {
  return databaseToken(await machineEndpoint(running, connection), connection.clientId);
}

/** What psql needs to log in as the server's administrator, who is whoever deploys. */
export async function administratorEnvironment(
  dir: string,
  running: Running,
  connection: Connection,
): Promise<Record<string, string>> {
  const endpoint = running.environment.AZURE_POD_IDENTITY_AUTHORITY_HOST ?? "";
  const token = await databaseToken(endpoint, DEPLOYER.clientId);
  return psqlEnvironment(dir, running, connection, DEPLOYER.displayName, token);
}

/** Gets a token for the database from a metadata endpoint. */
export async function databaseToken(imdsUrl: string, clientId?: string | number): Promise<string> {
  const query = new URLSearchParams({ "api-version": "2018-02-01", resource: DATABASE_RESOURCE });
  if (clientId !== undefined && clientId !== "") query.set("client_id", String(clientId));
  const response = await fetch(`${imdsUrl}/metadata/identity/oauth2/token?${query}`, { headers: { Metadata: "true" } });
  const body = (await response.json()) as { access_token?: string; error_description?: string };
  if (!response.ok || !body.access_token) {
    throw new UserError({
      code: "EP-CLI-10",
      step: "asking the metadata endpoint for a token",
      expected: "a token",
      found: `status ${response.status}, ${body.error_description ?? "no reason given"}`,
    });
  }
  return body.access_token;
}

/** What psql needs to log in: the token travels in the environment, never in the arguments. */
export function psqlEnvironment(
  dir: string,
  running: Running,
  connection: Connection,
  user: string,
  token: string,
): Record<string, string> {
  return { ...connectionEnvironment(dir, running, connection, user), PGPASSWORD: token };
}

/** Where the database is and who logs in, in the variables of libpq, without anything to log in with. */
export function connectionEnvironment(
  dir: string,
  running: Running,
  connection: Connection,
  user: string,
): Record<string, string> {
  return {
    PGHOST: String(connection.host),
    // The port may have moved since the program came up.
    PGPORT: String(running.databasePort),
    PGDATABASE: String(connection.database),
    PGUSER: user,
    PGSSLMODE: "verify-full",
    PGSSLROOTCERT: join(dir, "ca.pem"),
    PGGSSENCMODE: "disable",
  };
}
