import { spawn } from "node:child_process";
import { once } from "node:events";
import { signalCode } from "../processTree.ts";
import { connectionDetails, machineToken, psqlEnvironment, runningSandbox } from "./virtualMachine.ts";

/**
 * Opens psql as the virtual machine's identity.
 * @param args passed on to psql
 * @returns psql's exit code
 */
export async function openPsql(dir: string, args: readonly string[]): Promise<number> {
  const running = runningSandbox(dir);
  const connection = connectionDetails(dir);
  const environment = psqlEnvironment(
    dir,
    connection,
    String(connection.user),
    await machineToken(running, connection),
  );
  // Ctrl-C is psql's own: it ends a query, not the session.
  process.on("SIGINT", () => {});
  const child = spawn("psql", args, { stdio: "inherit", env: { ...process.env, ...environment } });
  const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  return signal ? signalCode(signal) : (code ?? 0);
}
