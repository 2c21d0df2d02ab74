import { execFileSync } from "node:child_process";
import { type TestContext, test } from "node:test";

/**
 * A test that needs a program of the machine's. Where it is missing: a counted skip with its reason; where CI is set, a failure.
 * @param requiredInCi false for a program that only some machines of CI have
 */
export function testWith(
  program: { command: string; args: string[]; requiredInCi?: boolean },
  name: string,
  run: (context: TestContext) => Promise<void>,
): void {
  test(name, async (context) => {
    const reason = missing(program);
    if (reason === undefined) return await run(context);
    if (process.env.CI && program.requiredInCi !== false) throw new Error(reason);
    context.skip(reason);
  });
}

function missing({ command, args }: { command: string; args: string[] }): string | undefined {
  try {
    execFileSync(command, args, { stdio: "pipe" });
    return undefined;
  } catch (error) {
    const said = (error as { stderr?: Buffer }).stderr?.toString().trim().split("\n").at(-1);
    return `\`${[command, ...args].join(" ")}\` does not work here: ${said || (error as Error).message}`;
  }
}
