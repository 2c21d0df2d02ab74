import { UserError } from "entra-postgres/errors";
import pg from "pg";
import { withStack } from "./access.ts";
import { administratorLogin, findMachine, machineLogin } from "./virtualMachine.ts";

/**
 * Drops the virtual machine's role outside Pulumi, shows that its login fails, has `pulumi up --refresh` repair it and shows the
 * login again. A role that is missing, as after an interrupted run, is only repaired.
 * @returns the exit code
 */
export async function driftAndRepair(dir: string): Promise<number> {
  const machine = await findMachine(dir);
  const user = String(machine.connection.user);
  const role = pg.escapeIdentifier(user);
  const asDeployer = await administratorLogin(machine);
  return await withStack({ dir }, async ({ stack, supervisor, shutdown }) => {
    const psql = (login: Record<string, string>, sql: string, lines?: string[]) =>
      supervisor.run(["psql", "-X", ...(lines ? ["-At"] : []), "-c", sql], {
        env: { ...process.env, ...login },
        stdin: "ignore",
        ...(lines ? { onLine: (line) => lines.push(line) } : {}),
      });
    const logIn = async () => await psql(await machineLogin(machine), "SELECT current_user");
    // Before the role is dropped: another command may have locked the stack.
    await stack.init();
    const found: string[] = [];
    const find = `SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = ${pg.escapeLiteral(user)}`;
    if ((await psql(asDeployer, find, found)) !== 0) throw psqlFailed("finding the role");
    if (found.length === 0) {
      console.log(`\n== The role ${role} is missing already: only the repair is shown`);
    } else {
      // What an administrator might do outside Pulumi, in the role's database.
      const drop = `GRANT ${role} TO CURRENT_USER;\nDROP OWNED BY ${role};\nDROP ROLE ${role};\n`;
      console.log(`\n== As the administrator: drop the role ${role}\n${drop}`);
      if ((await psql(asDeployer, drop)) !== 0) throw psqlFailed("dropping the role");
    }
    console.log("\n== The virtual machine logs in: it must fail");
    if ((await logIn()) === 0) throw unexpected("logging in without the role", "a refusal", `a login as ${role}`);
    if (shutdown.signal) return shutdown.exitCode(0);

    console.log("\n== pulumi up --refresh");
    const exitCode = await stack.up({ refresh: true });
    if (shutdown.signal || exitCode !== 0) {
      console.error(
        `\nThe role ${role} is not repaired. Next: run \`make drift\` again, which continues with the repair.`,
      );
      return shutdown.exitCode(exitCode);
    }
    console.log("\n== The virtual machine logs in again");
    return await logIn();
  });
}

function psqlFailed(step: string): UserError {
  return unexpected(step, "psql to succeed", "the error of psql above");
}

function unexpected(step: string, expected: string, found: string): UserError {
  return new UserError({ code: "EP-CLI-11", step, expected, found });
}
