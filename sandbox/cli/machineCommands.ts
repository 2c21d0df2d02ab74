import { spawn } from "node:child_process";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { commandEnvironment } from "../environment.ts";
import { exitOf } from "../processes/supervisor.ts";
import { table } from "./table.ts";
import {
  administratorLogin,
  connectionEnvironment,
  findMachine,
  machineEndpoint,
  machineLogin,
  machineToken,
  readConnections,
} from "./virtualMachine.ts";

/** `APP` for the server's administrator, unless an application has that name. */
const ADMINISTRATOR = "admin";

/** Variables that select another identity than the machine's; `exec` sets some of them for the deployer. */
const FOREIGN_VARIABLES = /^(IDENTITY_|MSI_|AZURE_TENANT_ID$|PGPASSWORD$)/;

/** The meaning of a claim, where its name does not say it. */
const MEANINGS: Readonly<Record<string, string>> = {
  aud: "the service that accepts it",
  iss: "who issued it",
  oid: "object id of the identity; the database's role is bound to this",
  appid: "client id",
  idtyp: "kind of identity",
  tid: "tenant",
  xms_mirid: "the Azure resource that has the identity",
};

/**
 * Opens psql as the virtual machine's identity, or with `APP=admin` as the server's administrator in the first application's database.
 * @param args passed on to psql
 * @returns psql's exit code
 */
export async function openPsql(dir: string, args: readonly string[]): Promise<number> {
  const isAdministrator =
    process.env.APP === ADMINISTRATOR && !Object.hasOwn(readConnections(dir) ?? {}, ADMINISTRATOR);
  const login = isAdministrator
    ? await administratorLogin(await findMachine(dir, ""))
    : await machineLogin(await findMachine(dir));
  return await runInForeground("psql", args, { ...process.env, ...login });
}

/** Shows the claims of the virtual machine's token, never the token itself. @returns 0 */
export async function showToken(dir: string): Promise<number> {
  const token = await machineToken(await findMachine(dir));
  const claims = Object.entries({ ...decodeProtectedHeader(token), ...decodeJwt(token) });
  console.log(table(claims.map(([name, value]) => [name, shownClaim(name, value)])));
  return 0;
}

/**
 * Runs a command as on an application's virtual machine: with its metadata endpoint, and with the settings of the stack's output
 * `connections.<app>.environment`. The command requests its token itself.
 * @param app the application. @default `APP`, or the first
 * @param command the command. @default the user's shell
 * @returns the command's exit code
 */
export async function runOnMachine(dir: string, app: string | undefined, command: readonly string[]): Promise<number> {
  const machine = await findMachine(dir, app);
  const env = commandEnvironment({
    ...connectionEnvironment(machine),
    AZURE_POD_IDENTITY_AUTHORITY_HOST: await machineEndpoint(machine),
    AZURE_CLIENT_ID: String(machine.connection.clientId),
    // Of the SDKs' chain of credentials, the one of a virtual machine.
    AZURE_TOKEN_CREDENTIALS: "ManagedIdentityCredential",
    NO_PROXY: "127.0.0.1,localhost,::1",
    no_proxy: "127.0.0.1,localhost,::1",
  });
  for (const name of Object.keys(env)) if (FOREIGN_VARIABLES.test(name)) delete env[name];
  const [file, ...args] = command;
  if (file !== undefined) return await runInForeground(file, args, env);
  console.log(`A shell as on ${machine.connection.user}. To log in: sh clients/shell/connect.sh. To leave: exit.`);
  return await runInForeground(process.env.SHELL || "/bin/sh", [], env);
}

/** Runs a command that handles Ctrl-C itself, as a shell or psql. @returns its exit code */
async function runInForeground(file: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const ignore = () => {};
  process.on("SIGINT", ignore);
  try {
    return await exitOf(spawn(file, args, { stdio: "inherit", env }), file);
  } finally {
    process.off("SIGINT", ignore);
  }
}

function shownClaim(name: string, value: unknown): string {
  const isTime = typeof value === "number" && ["exp", "iat", "nbf"].includes(name);
  const shown = isTime
    ? new Date(value * 1000).toISOString()
    : typeof value === "string"
      ? value
      : JSON.stringify(value);
  return MEANINGS[name] === undefined ? shown : `${shown}   (${MEANINGS[name]})`;
}
