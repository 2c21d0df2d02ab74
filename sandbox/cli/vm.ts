import { commandEnvironment } from "../environment.ts";
import { runInForeground } from "./foreground.ts";
import { connectionDetails, connectionEnvironment, machineEndpoint, runningSandbox } from "./virtualMachine.ts";

/** Ways to an identity that a virtual machine does not have: the App Service form, which `exec` sets for the deployer, and the like. */
const NOT_THERE = [
  "IDENTITY_ENDPOINT",
  "IDENTITY_HEADER",
  "MSI_ENDPOINT",
  "MSI_SECRET",
  "AZURE_TENANT_ID",
  "PGPASSWORD",
];

/**
 * Runs a command as on an application's virtual machine: with its metadata endpoint, and with the settings that the stack's output
 * `connections.<app>.environment` would set. No token is in it: the command gets its own.
 * @param app the application. @default the first
 * @param command what to run. @default the user's shell
 * @returns the command's exit code
 */
export async function runOnMachine(dir: string, app: string | undefined, command: readonly string[]): Promise<number> {
  const running = runningSandbox(dir);
  const connection = await connectionDetails(dir, running, app ?? (process.env.APP || undefined));
  const env = commandEnvironment({
    ...connectionEnvironment(dir, running, connection, String(connection.user)),
    AZURE_POD_IDENTITY_AUTHORITY_HOST: await machineEndpoint(running, connection),
    AZURE_CLIENT_ID: String(connection.clientId),
    // Of the chain of credentials that SDKs try, the one that a virtual machine has.
    AZURE_TOKEN_CREDENTIALS: "ManagedIdentityCredential",
    NO_PROXY: "127.0.0.1,localhost,::1",
    no_proxy: "127.0.0.1,localhost,::1",
  });
  for (const name of NOT_THERE) delete env[name];
  const [file, ...args] = command;
  if (file !== undefined) return runInForeground(file, args, env);
  console.log(
    `A shell as on ${connection.user}, logged in to nothing yet: sh clients/shell/connect.sh; exit leaves it.`,
  );
  return runInForeground(process.env.SHELL || "/bin/sh", [], env);
}
