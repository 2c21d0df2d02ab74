import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { UserError } from "entra-postgres/errors";
import { administratorLogin, findMachine, machineLogin } from "./virtualMachine.ts";
import { withStack } from "./withStack.ts";

const FIND = "SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = :'role';\n";

/** What an administrator might do outside Pulumi, in the database that the role works in. */
const BREAK = `GRANT :"role" TO CURRENT_USER;
DROP OWNED BY :"role";
DROP ROLE :"role";
`;

/**
 * Drops the virtual machine's role outside Pulumi, shows that its login fails, has `pulumi up --refresh` repair it and shows the
 * login again. If the role does not exist, as after a run that was stopped, it is only repaired.
 * @returns the exit code
 */
export async function driftAndRepair(dir: string): Promise<number> {
  const machine = await findMachine(dir, process.env.APP || undefined);
  const role = String(machine.connection.user);
  const asDeployer = await administratorLogin(machine);
  const logIn = async () => (await psql(await machineLogin(machine), ["-c", "select current_user"])).exitCode;
  return await withStack({ dir }, async ({ stack, shutdown }) => {
    // Before anything is broken: another command may be at work on the stack.
    await stack.init();
    const arguments_ = ["-v", "ON_ERROR_STOP=1", "-v", `role=${role}`];
    const found = await psql(asDeployer, ["-A", "-t", ...arguments_], FIND, "pipe");
    if (found.exitCode !== 0) throw unexpected("finding the role", "psql to succeed", "the error of psql above");
    if (found.said.trim() === "") {
      console.log(`\n== The role "${role}" is missing already: only the repair is shown`);
    } else {
      console.log(`\n== As the administrator: drop the role "${role}"\n${BREAK.replaceAll(':"role"', `"${role}"`)}`);
      if ((await psql(asDeployer, arguments_, BREAK)).exitCode !== 0)
        throw unexpected("dropping the role", "psql to succeed", "the error of psql above");
    }
    console.log("\n== The virtual machine logs in: it must fail");
    if ((await logIn()) === 0) throw unexpected("logging in without the role", "a refusal", `a login as "${role}"`);
    if (shutdown.signal) return shutdown.exitCode(0);

    console.log("\n== pulumi up --refresh");
    const exitCode = await stack.up({ refresh: true });
    if (shutdown.signal || exitCode !== 0) {
      console.error(
        `\nThe role "${role}" is not repaired. Next: run \`make drift\` again, which continues with the repair.`,
      );
      return shutdown.exitCode(exitCode);
    }
    console.log("\n== The virtual machine logs in again");
    return await logIn();
  });
}

/** Runs psql with a script on standard input. Its output goes to the terminal, or with `pipe` to the result. */
async function psql(
  environment: Record<string, string>,
  args: readonly string[],
  script = "",
  output: "inherit" | "pipe" = "inherit",
): Promise<{ exitCode: number; said: string }> {
  const env = { ...process.env, ...environment };
  const child = spawn("psql", ["-X", ...args], { stdio: ["pipe", output, "inherit"], env });
  child.stdin?.on("error", () => {});
  child.stdin?.end(script);
  const [said, [code]] = await Promise.all([child.stdout ? text(child.stdout) : "", once(child, "close")]);
  return { exitCode: (code as number | null) ?? 1, said };
}

function unexpected(step: string, expected: string, found: string): UserError {
  return new UserError({ code: "EP-CLI-11", step, expected, found });
}
