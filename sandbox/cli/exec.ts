import { UserError } from "entra-postgres/errors";
import { commandEnvironment, shownEnvironment } from "../environment.ts";
import type { SandboxOptions } from "../sandbox.ts";
import { withSandbox } from "./access.ts";
import { writeStackConfig } from "./stack.ts";

/** Runs a command against the sandbox; without one, keeps the sandbox up until a signal. @returns the exit code */
export async function runAgainstSandbox(options: SandboxOptions, command?: readonly string[]): Promise<number> {
  return await withSandbox(options, async ({ access, supervisor, shutdown }) => {
    const config = writeStackConfig(options.dir, access);
    if (config !== undefined && access.sandbox)
      options.log?.(`For this repository's own program: --config-file ${config} has these ports.`);
    if (command) return await supervisor.run(command, { env: commandEnvironment(access.environment) });
    const found = "a sandbox that is up";
    if (!access.sandbox)
      throw new UserError({ code: "EP-CLI-05", step: "starting the sandbox", expected: "no other one", found });
    options.log?.("The sandbox is up. Ctrl-C stops it.");
    await shutdown.received;
    return 0;
  });
}

/** Prints the variables that {@link runAgainstSandbox} sets for a command. @returns 0 */
export async function showEnvironment(options: SandboxOptions): Promise<number> {
  return await withSandbox(options, async ({ access }) => {
    console.log(shownEnvironment(access.environment));
    return 0;
  });
}
