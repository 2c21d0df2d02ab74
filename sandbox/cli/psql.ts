import { runInForeground } from "./foreground.ts";
import { administratorLogin, findMachine, machineLogin, readConnections } from "./virtualMachine.ts";

/** Stands for the server's administrator in place of an application, unless an application has that name. */
const ADMINISTRATOR = "admin";

/**
 * Opens psql as the virtual machine's identity, or with `APP=admin` as the server's administrator in the first application's database.
 * @param args passed on to psql
 * @returns psql's exit code
 */
export async function openPsql(dir: string, args: readonly string[]): Promise<number> {
  const app = process.env.APP || undefined;
  const asAdministrator = app === ADMINISTRATOR && !Object.hasOwn(readConnections(dir) ?? {}, app);
  const machine = await findMachine(dir, asAdministrator ? undefined : app);
  const login = asAdministrator ? await administratorLogin(machine) : await machineLogin(machine);
  return runInForeground("psql", args, { ...process.env, ...login });
}
