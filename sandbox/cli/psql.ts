import { runInForeground } from "./foreground.ts";
import {
  administratorEnvironment,
  connectionDetails,
  machineToken,
  psqlEnvironment,
  readConnections,
  runningSandbox,
} from "./virtualMachine.ts";

/** What stands for the server's administrator in place of an application, unless one has that name. */
const ADMINISTRATOR = "admin";

/**
 * Opens psql as the virtual machine's identity, or with `APP=admin` as the server's administrator in the first application's database.
 * @param args passed on to psql
 * @returns psql's exit code
 */
export async function openPsql(dir: string, args: readonly string[]): Promise<number> {
  return runInForeground("psql", args, { ...process.env, ...(await login(dir, process.env.APP || undefined)) });
}

async function login(dir: string, app: string | undefined): Promise<Record<string, string>> {
  const running = runningSandbox(dir);
  if (app === ADMINISTRATOR && !Object.hasOwn(await readConnections(dir, running), app))
    return administratorEnvironment(dir, running, await connectionDetails(dir, running));
  const connection = await connectionDetails(dir, running, app);
  return psqlEnvironment(dir, running, connection, String(connection.user), await machineToken(running, connection));
}
