import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { UserError } from "entra-postgres/errors";
import { realPlugins } from "../plugins.ts";
import { childProcesses } from "../processes/findProcesses.ts";
import type { Shutdown } from "../processes/shutdown.ts";
import { signalCode } from "../processes/supervisor.ts";
import type { Sandbox, SandboxOptions } from "../sandbox.ts";
import { type StackRun, withStack } from "./access.ts";
import { connectionTable, receiptTable } from "./receiptTable.ts";
import type { Stack } from "./stack.ts";
import { isUnfinished, markFinished, markUnfinished, removeDeadLocks, stackContents } from "./unfinished.ts";

type Facts = Record<string, string | number | boolean | string[]>;

/**
 * The command of `make sandbox`: deploys the program on the sandbox and tests every login. On a terminal the sandbox stays up until Ctrl-C;
 * otherwise the command removes everything again and shows that nothing is left.
 * @returns the exit code
 */
export async function demonstrate(options: SandboxOptions): Promise<number> {
  await realPlugins({ log: console.log, ...options, mode: options.providers ?? "auto" });
  let left: string | undefined;
  const exitCode = await withStack({ ...options, onUnfinished: "reset", stopsAtOnce: true }, async (run) => {
    const result = await runDemo(run, options.dir);
    left = result.left;
    return result.exitCode;
  });
  if (left) console.log(`Left: ${left}, ${childProcesses().length} processes.`);
  return exitCode;
}

async function runDemo(run: StackRun, dir: string): Promise<{ exitCode: number; left?: string }> {
  const { stack, shutdown, supervisor } = run;
  const { sandbox } = run.access;
  const begun = Date.now();
  const stays = Boolean(process.stdin.isTTY && process.stdout.isTTY);
  if (sandbox) markUnfinished(dir, supervisor.mark);
  else console.log("A sandbox is up already; the program runs against that one.");
  const contents = stackContents(dir);
  let left: string | undefined;
  let exitCode = 0;
  try {
    await deploy(stack, shutdown, sandbox?.portsMoved ?? false);
    await showResults(stack, dir);
    if (stays || !sandbox) markFinished(dir);
    console.log(`\nDone, after set-up, in ${((Date.now() - begun) / 1000).toFixed(1)} s.`);
    if (sandbox && stays) {
      console.log(NEXT_STEPS);
      await shutdown.received;
    } else if (sandbox) {
      heading("Removing everything again");
      await step(stack.destroy(), "pulumi destroy", shutdown);
      left = (await stack.whatIsLeft(sandbox)).text;
      markFinished(dir);
    }
  } catch (error) {
    if (!shutdown.signal) {
      exitCode = 1;
      console.error(`\n${(error as Error).message}`);
    }
  }
  if (sandbox && contents === stackContents(dir)) {
    // The run has changed nothing, so the next one can continue, even after a failure.
    removeDeadLocks(dir);
    markFinished(dir);
  }
  if (exitCode !== 0 && sandbox && isUnfinished(dir))
    console.log("The next `make sandbox` starts from an empty sandbox.");
  if (shutdown.signal) {
    console.log(`\n${sandbox ? `Stopping the sandbox. ${nextRun(sandbox, dir)}` : "Stopped; the sandbox stays up."}`);
    exitCode = stays && left === undefined && shutdown.wasIdle ? 0 : signalCode(shutdown.signal);
  }
  return { exitCode, ...(left === undefined ? {} : { left }) };
}

/** What the next run does with the sandbox's state. */
function nextRun(sandbox: Sandbox, dir: string): string {
  if (isUnfinished(dir)) return "It was stopped during a change: the next run starts from an empty sandbox.";
  const next = "Its state stays; the next run continues with it";
  return `${next}${sandbox.control.attached === 0 ? "" : ", unless a command that uses it is changing something"}.`;
}

/** Runs the program, and runs it again to see no changes. */
async function deploy(stack: Stack, shutdown: Shutdown, portsMoved: boolean): Promise<void> {
  await stack.init();
  if (portsMoved) {
    // A refresh would connect to the database's old port, which is in the state.
    heading("pulumi up, for the new ports");
    await step(stack.up(), "pulumi up", shutdown);
  }
  // Resources may have changed outside Pulumi since the last connection test, so every login is tested again.
  const replace = await stack.connectionTests();
  const refresh = replace.length > 0;
  heading(refresh ? "pulumi up --refresh, with every login tested again" : "pulumi up");
  await step(stack.up({ refresh, replace }), "pulumi up", shutdown);
  heading("pulumi preview: nothing may change now");
  await step(stack.previewUnchanged(), "pulumi preview --expect-no-changes", shutdown);
}

/** Prints connection details and receipts, and writes them to the sandbox's folder. */
async function showResults(stack: Stack, dir: string): Promise<void> {
  const outputs = await stack.outputs();
  const receipts = Object.entries((outputs.receipts ?? {}) as Record<string, Facts>);
  const connections = Object.entries((outputs.connections ?? {}) as Record<string, Facts>);
  if (receipts.length === 0 || connections.length !== receipts.length)
    throw new UserError({
      code: "EP-CLI-12",
      step: "reading the outputs of the stack",
      expected: "receipts and connections of every application",
      found: `${receipts.length} receipts, ${connections.length} connections`,
    });
  const file = join(dir, "connections.json");
  writeFileSync(join(dir, "receipts.json"), `${JSON.stringify(outputs.receipts, null, 2)}\n`);
  writeFileSync(file, `${JSON.stringify(outputs.connections, null, 2)}\n`, { mode: 0o600 });
  heading("Connection details");
  for (const [app, connection] of connections) console.log(`\n${app}\n${connectionTable(connection)}`);
  console.log(`\nTo print one form for a client: jq -r '.["${connections[0]?.[0]}"].jdbc' ${relative("", file)}`);
  heading("The receipts: logins of this run from the virtual machines, as their identities, without a password");
  for (const [app, receipt] of receipts) console.log(`\n${app}\n${receiptTable(receipt)}`);
}

async function step(command: Promise<number>, name: string, shutdown: Shutdown): Promise<void> {
  const code = await command;
  if (!shutdown.signal && code === 0) return;
  const found = `exit code ${code}; the reason is above`;
  throw new UserError({ code: "EP-CLI-09", step: name, expected: "exit code 0", found });
}

const NEXT_STEPS = `
The sandbox stays up. Try in another terminal, with APP=reports for the second application:
  make psql     open psql as the virtual machine's identity; APP=admin: as the server's administrator
  make token    see the claims of its token
  make vm       open a shell as on the virtual machine, for the programs in clients/
  make drift    drop a role outside Pulumi and see \`pulumi up --refresh\` repair it
Ctrl-C stops it.`;

function heading(text: string): void {
  console.log(`\n== ${text}`);
}
