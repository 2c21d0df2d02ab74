import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { UserError } from "entra-postgres/errors";
import { Shutdown } from "../processes/shutdown.ts";
import { Supervisor, signalCode } from "../processes/supervisor.ts";
import { openSandbox } from "./access.ts";
import { Stack } from "./stack.ts";
import {
  administratorEnvironment,
  connectionDetails,
  machineToken,
  psqlEnvironment,
  runningSandbox,
} from "./virtualMachine.ts";

const FIND = "SELECT 1 FROM pg_catalog.pg_roles WHERE rolname = :'role';\n";

/** What someone with administrator rights might do by hand, in the database that the role works in. */
const BREAK = `GRANT :"role" TO CURRENT_USER;
DROP OWNED BY :"role";
DROP ROLE :"role";
`;

/**
 * Drops the virtual machine's role behind Pulumi's back, shows that its login fails, has \`pulumi up --refresh\` repair it and
 * shows the login again. A role that is gone already, as after a run that was cut short, is only repaired.
 * @returns the exit code
 */
export async function driftAndRepair(dir: string): Promise<number> {
  const running = runningSandbox(dir);
  const connection = await connectionDetails(dir, running, process.env.APP || undefined);
  const role = String(connection.user);
  const asMachine = async () =>
    psqlEnvironment(dir, running, connection, role, await machineToken(running, connection));
  const asDeployer = await administratorEnvironment(dir, running, connection);
  const supervisor = new Supervisor();
  const shutdown = new Shutdown(supervisor, { endsWithParent: true });
  const access = await openSandbox({ dir });
  access.gone?.addEventListener("abort", () => void supervisor.end("SIGTERM"));
  try {
    const stack = new Stack(supervisor, access, dir);
    // Before anything is broken: another command may be at work on the stack.
    await stack.init();
    if ((await answer(asDeployer, FIND, role)) === "") {
      console.log(`\n== The role "${role}" is gone already: what is left to see is the repair`);
    } else {
      console.log(
        `\n== As the administrator, by hand: drop the role "${role}"\n${BREAK.replaceAll(':"role"', `"${role}"`)}`,
      );
      const broken = await psql(asDeployer, ["-v", "ON_ERROR_STOP=1", "-v", `role=${role}`], BREAK);
      if (broken !== 0)
        throw new UserError({
          code: "EP-CLI-11",
          step: `dropping the role "${role}"`,
          expected: "psql to succeed",
          found: "the error of psql above",
        });
    }
    console.log("\n== The virtual machine logs in: it must fail");
    if ((await psql(await asMachine(), ["-c", "select current_user"])) === 0)
      throw new UserError({
        code: "EP-CLI-11",
        step: "logging in without the role",
        expected: "a refusal",
        found: `a login as "${role}"`,
      });
    if (shutdown.signal) return signalCode(shutdown.signal);

    console.log("\n== pulumi up --refresh");
    const code = await stack.up({ refresh: true });
    if (shutdown.signal || code !== 0) {
      console.error(`\nThe role "${role}" is not repaired. Next: make drift, which then goes on with the repair.`);
      return shutdown.signal ? signalCode(shutdown.signal) : code;
    }
  } finally {
    await supervisor.close();
    await access.close();
    shutdown.over();
  }
  console.log("\n== The virtual machine logs in again");
  return psql(await asMachine(), ["-c", "select current_user"]);
}

/** What psql answers to a question about the role, without a table around it. */
async function answer(environment: Record<string, string>, question: string, role: string): Promise<string> {
  const child = spawn("psql", ["-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-v", `role=${role}`], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, ...environment },
  });
  child.stdin.on("error", () => {});
  child.stdin.end(question);
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, "close") as Promise<[number | null]>]);
  if (code !== 0)
    throw new UserError({
      code: "EP-CLI-11",
      step: "looking for the role as the administrator",
      expected: "psql to succeed",
      found: "the error of psql above",
    });
  return said.trim();
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
