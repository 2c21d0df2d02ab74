import { commandEnvironment } from "../environment.ts";
import { runInForeground } from "./foreground.ts";
import { connectionEnvironment, findMachine, machineEndpoint } from "./virtualMachine.ts";

/** Variables that lead to another identity than the machine's; `exec` sets some of them for the deployer. */
const FOREIGN_VARIABLES = /^(IDENTITY_|MSI_|AZURE_TENANT_ID$|PGPASSWORD$)/;

/**
 * Runs a command as on an application's virtual machine: with its metadata endpoint, and with the settings that the stack's output
 * `connections.<app>.environment` would set. No token is in it: the command gets its own.
 * @param app the application. @default the first
 * @param command what to run. @default the user's shell
 * @returns the command's exit code
 */
export async function runOnMachine(dir: string, app: string | undefined, command: readonly string[]): Promise<number> {
  const machine = await findMachine(dir, app ?? (process.env.APP || undefined));
  const env = commandEnvironment({
    ...connectionEnvironment(machine),
    AZURE_POD_IDENTITY_AUTHORITY_HOST: await machineEndpoint(machine),
    AZURE_CLIENT_ID: String(machine.connection.clientId),
    // Of the chain of credentials that SDKs try, the one that a virtual machine has.
    AZURE_TOKEN_CREDENTIALS: "ManagedIdentityCredential",
    NO_PROXY: "127.0.0.1,localhost,::1",
    no_proxy: "127.0.0.1,localhost,::1",
  });
  for (const name of Object.keys(env)) if (FOREIGN_VARIABLES.test(name)) delete env[name];
  const [file, ...args] = command;
  if (file !== undefined) return runInForeground(file, args, env);
  console.log(`A shell as on ${machine.connection.user}. To log in: sh clients/shell/connect.sh. To leave: exit.`);
  return runInForeground(process.env.SHELL || "/bin/sh", [], env);
}
