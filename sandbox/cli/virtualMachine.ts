import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "entra-postgres/errors";
import { askStatus } from "../control.ts";
import { DEPLOYER } from "../deployer.ts";
import { POSTGRES_RESOURCE } from "../entra/tokenRequest.ts";
import { type Running, readRunning } from "../running.ts";

/** An application's virtual machine on the running sandbox. */
export interface Machine {
  /** The sandbox's folder. */
  dir: string;
  running: Running;
  /** The program's connection details: host, port, database, user, client id and more. */
  connection: Readonly<Record<string, string | number>>;
}

/**
 * Finds the virtual machine of an application.
 * @param app "" is the first application. @default `APP`
 * @throws UserError when no sandbox is up, `make sandbox` has not deployed the program on it, or the program has no such application
 */
export async function findMachine(dir: string, app = process.env.APP ?? ""): Promise<Machine> {
  const running = readRunning(dir);
  if (!running)
    throw new UserError({ code: "EP-CLI-04", step: "finding the sandbox", expected: "a running one", found: "none" });
  const connections = readConnections(dir);
  if (!connections) throw await notDeployed(running);
  const names = Object.keys(connections);
  const connection = connections[app || (names[0] ?? "")];
  if (!connection) throw unknownName("finding the application", names.join(", "), app);
  return { dir, running, connection };
}

/** Connection details by application, which `make sandbox` writes. */
export function readConnections(dir: string): Record<string, Machine["connection"]> | undefined {
  const file = join(dir, "connections.json");
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}

/** The metadata endpoint of a virtual machine. @throws UserError when the sandbox has no such machine */
export async function machineEndpoint({ running, connection }: Machine): Promise<string> {
  const { virtualMachines } = await askStatus(running);
  const machine = virtualMachines.find(({ name }) => name === connection.user);
  const names = virtualMachines.map(({ name }) => name).join(", ");
  if (!machine) throw unknownName("finding the virtual machine", names, connection.user);
  return machine.imdsUrl;
}

/** Gets a token for the database from the virtual machine's metadata endpoint. Callers never print it. */
export async function machineToken(machine: Machine): Promise<string> {
  return databaseToken(await machineEndpoint(machine), machine.connection.clientId);
}

/** Gets a token for the database from a metadata endpoint. */
export async function databaseToken(imdsUrl: string, clientId?: string | number): Promise<string> {
  const query = new URLSearchParams({ "api-version": "2018-02-01", resource: POSTGRES_RESOURCE });
  if (clientId !== undefined && clientId !== "") query.set("client_id", String(clientId));
  const response = await fetch(`${imdsUrl}/metadata/identity/oauth2/token?${query}`, { headers: { Metadata: "true" } });
  const body = (await response.json()) as { access_token?: string; error_description?: string };
  if (response.ok && body.access_token) return body.access_token;
  const found = `status ${response.status}, ${body.error_description ?? "no reason given"}`;
  throw new UserError({ code: "EP-CLI-10", step: "asking for a token", expected: "a token", found });
}

/** The environment in which psql logs in as the virtual machine. A list of processes does not show it. */
export async function machineLogin(machine: Machine): Promise<Record<string, string>> {
  return { ...connectionEnvironment(machine), PGPASSWORD: await machineToken(machine) };
}

/** The environment in which psql logs in to the machine's database as the server's administrator, the deployer. */
export async function administratorLogin(machine: Machine): Promise<Record<string, string>> {
  const endpoint = machine.running.environment.AZURE_POD_IDENTITY_AUTHORITY_HOST ?? "";
  const PGPASSWORD = await databaseToken(endpoint, DEPLOYER.clientId);
  return { ...connectionEnvironment(machine), PGUSER: DEPLOYER.displayName, PGPASSWORD };
}

/** The variables of libpq for a machine's database and role, without a password. */
export function connectionEnvironment({ dir, running, connection }: Machine): Record<string, string> {
  return {
    PGHOST: String(connection.host),
    // The port may have moved since the program came up.
    PGPORT: String(running.databasePort),
    PGDATABASE: String(connection.database),
    PGUSER: String(connection.user),
    PGSSLMODE: "verify-full",
    PGSSLROOTCERT: join(dir, "ca.pem"),
    PGGSSENCMODE: "disable",
  };
}

async function notDeployed(running: Running): Promise<UserError> {
  const { servers, virtualMachines } = await askStatus(running);
  const names = [...servers, ...virtualMachines.map(({ name }) => name)];
  return new UserError({
    code: "EP-CLI-06",
    step: "reading the connection details",
    expected: "a sandbox on which `make sandbox` has deployed the program",
    found: names.length === 0 ? "an empty sandbox" : `a sandbox that runs ${names.join(", ")} for another program`,
  });
}

function unknownName(step: string, known: string, name: string | number | undefined): UserError {
  return new UserError({ code: "EP-CLI-07", step, expected: `one of ${known}`, found: String(name ?? "none") });
}
