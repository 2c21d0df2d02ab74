import { spawn } from "node:child_process";
import { once } from "node:events";
import { openSandbox } from "../access.ts";
import { DEPLOYER } from "../deployer.ts";
import { ProcessTree, signalCode } from "../processTree.ts";
import { Stack } from "../stack.ts";
import { connectionDetails, databaseToken, machineToken, psqlEnvironment, runningSandbox } from "./virtualMachine.ts";

/** What someone with administrator rights might do by hand, in the database that the role works in. */
const BREAK = `GRANT :"role" TO CURRENT_USER;
DROP OWNED BY :"role";
DROP ROLE :"role";
`;

/**
 * Drops the virtual machine's role behind Pulumi's back, shows that its login fails, has \`pulumi up --refresh\` repair it and
 * shows the login again.
 * @returns the exit code
 */
export async function driftAndRepair(dir: string): Promise<number> {
  const running = runningSandbox(dir);
  const connection = connectionDetails(dir);
  const role = String(connection.user);
  const asMachine = async () => psqlEnvironment(dir, connection, role, await machineToken(running, connection));
  const deployerUrl = running.environment.AZURE_POD_IDENTITY_AUTHORITY_HOST ?? "";
  const asDeployer = psqlEnvironment(
    dir,
    connection,
    DEPLOYER.displayName,
    await databaseToken(deployerUrl, DEPLOYER.clientId),
  );

  console.log(
    `\n== As the administrator, by hand: drop the role "${role}"\n${BREAK.replaceAll(':"role"', `"${role}"`)}`,
  );
  const broken = await psql(asDeployer, ["-v", "ON_ERROR_STOP=1", "-v", `role=${role}`], BREAK);
  if (broken !== 0) throw new Error("The role could not be dropped. Run `make sandbox` first, so that it exists.");
  console.log("\n== The virtual machine logs in: it must fail");
  if ((await psql(await asMachine(), ["-c", "select current_user"])) === 0)
    throw new Error("The login still works, though the role is gone.");

  console.log("\n== pulumi up --refresh");
  const tree = new ProcessTree();
  const access = await openSandbox({ dir });
  let ended: NodeJS.Signals | undefined;
  const end = (signal: NodeJS.Signals) => {
    ended = signal;
    void tree.end(signal);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, end);
  try {
    const code = await new Stack(tree, access, dir).up({ refresh: true });
    if (ended) return signalCode(ended);
    if (code !== 0) return code;
  } finally {
    await tree.close();
    await access.close();
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.off(signal, end);
  }
  console.log("\n== The virtual machine logs in again");
  return psql(await asMachine(), ["-c", "select current_user"]);
}

async function psql(environment: Record<string, string>, args: readonly string[], script = ""): Promise<number> {
  const child = spawn("psql", ["-X", ...args], {
    stdio: ["pipe", "inherit", "inherit"],
    env: { ...process.env, ...environment },
  });
  child.stdin.on("error", () => {});
  child.stdin.end(script);
  const [code] = (await once(child, "exit")) as [number | null];
  return code ?? 1;
}
