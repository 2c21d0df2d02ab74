import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { UserError } from "entra-postgres/errors";
import { realPlugins } from "../plugins.ts";
import { childProcesses } from "../processes/findProcesses.ts";
import { Shutdown } from "../processes/shutdown.ts";
import { Supervisor, signalCode } from "../processes/supervisor.ts";
import type { Sandbox, SandboxOptions } from "../sandbox.ts";
import { type Access, openSandbox } from "./access.ts";
import { connectionTable, receiptTable } from "./receiptTable.ts";
import { Stack } from "./stack.ts";
import { isUnfinished, markFinished, markUnfinished, removeDeadLocks, stackContents } from "./unfinished.ts";

type Facts = Record<string, string | number | boolean | string[]>;

/** A step failed that had told why on the terminal already. */
class StepFailed extends Error {}

/**
 * What `make sandbox` runs: the program on the sandbox, from nothing to a proved login. On a terminal it stays up until Ctrl-C;
 * otherwise it removes everything again and shows that nothing is left.
 * @returns the exit code
 */
export async function demonstrate(options: SandboxOptions): Promise<number> {
  await realPlugins({ log: say, ...options, mode: options.providers ?? "auto" });
  const begun = Date.now();
  const stays = Boolean(process.stdin.isTTY && process.stdout.isTTY);
  const supervisor = new Supervisor();
  const shutdown = new Shutdown(supervisor, { endsWithParent: true });
  let access: Access | undefined;
  let left: string[] | undefined;
  let contents: string | undefined;
  let exitCode = 0;
  try {
    access = await openSandbox({ ...options, onUnfinished: "reset" });
    const { sandbox } = access;
    if (!sandbox) say("A sandbox is up already; the program runs against that one.");
    const stack = new Stack(supervisor, access, options.dir);
    if (sandbox) markUnfinished(options.dir, supervisor.mark);
    contents = stackContents(options.dir);
    await prove(stack, options.dir, shutdown, sandbox?.portsMoved ?? false);
    if (stays || !sandbox) markFinished(options.dir);
    say(`\nDone, after set-up, in ${((Date.now() - begun) / 1000).toFixed(1)} s.`);
    if (sandbox && stays) {
      say(NEXT_STEPS);
      await shutdown.received;
    } else if (sandbox) {
      heading("Removing everything again");
      await step(stack.destroy(), "pulumi destroy", shutdown);
      left = [
        `${await stack.resourceCount()} resources in the stack`,
        `${sandbox.azure.resources().length} in Azure's emulator`,
        `${sandbox.azure.servers().size} database servers`,
        `${sandbox.azure.virtualMachines().size} virtual machines`,
      ];
      markFinished(options.dir);
    }
  } catch (error) {
    if (shutdown.signal === undefined) {
      exitCode = 1;
      console.error(error instanceof StepFailed ? `\n${error.message}` : (error as Error).message);
    }
  }
  const sandbox = access?.sandbox;
  if (sandbox && contents === stackContents(options.dir)) {
    // A run that failed or was cut short before it made or removed anything did no harm.
    removeDeadLocks(options.dir);
    markFinished(options.dir);
  }
  if (exitCode !== 0 && sandbox && isUnfinished(options.dir)) say("The next `make sandbox` starts anew.");
  if (shutdown.signal) {
    const what = sandbox ? "Stopping the sandbox." : "Stopped; the sandbox stays up.";
    say(`\n${what} ${sandbox ? whatIsNext(sandbox, options.dir) : ""}`.trimEnd());
    exitCode = stays && left === undefined && shutdown.wasIdle ? 0 : signalCode(shutdown.signal);
  }
  await supervisor.close();
  await access?.close(true);
  shutdown.over();
  if (left) say(`Left: ${[...left, `${childProcesses().length} processes`].join(", ")}.`);
  return exitCode;
}

/** What becomes of the sandbox's state, as the next run will find it. */
function whatIsNext(sandbox: Sandbox, dir: string): string {
  if (isUnfinished(dir)) return "It was cut short in the middle of a change: the next run starts anew.";
  const next = "Its state stays; the next run goes on from there";
  return sandbox.control.attached === 0
    ? `${next}.`
    : `${next}, unless a command that uses it is in the middle of a change.`;
}

/** Runs the program, runs it again to see no changes, shows the receipt. */
async function prove(stack: Stack, dir: string, shutdown: Shutdown, portsMoved: boolean): Promise<void> {
  await stack.init();
  if (portsMoved) {
    // A refresh would look for the database at the port that the state names.
    heading("pulumi up, for the new ports");
    await step(stack.up(), "pulumi up", shutdown);
  }
  // What came up before may have been changed by hand since: nothing that was proved then is shown again without another proof.
  const replace = await stack.proofs();
  const refresh = replace.length > 0;
  heading(refresh ? "pulumi up --refresh, with every login proved anew" : "pulumi up");
  await step(stack.up({ refresh, replace }), "pulumi up", shutdown);
  heading("pulumi preview: nothing may change now");
  await step(stack.previewUnchanged(), "pulumi preview --expect-no-changes", shutdown);
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
  writeFileSync(join(dir, "receipts.json"), `${JSON.stringify(outputs.receipts, null, 2)}\n`);
  writeFileSync(join(dir, "connections.json"), `${JSON.stringify(outputs.connections, null, 2)}\n`, { mode: 0o600 });
  heading("Connection details");
  for (const [app, connection] of connections) {
    say(`\n${app}\n${connectionTable(connection)}`);
  }
  say(
    `\nEach form as it is to be given to a client: jq -r .${connections[0]?.[0]}.jdbc ${relative("", join(dir, "connections.json"))}`,
  );
  heading("The receipts: logins of this run from the virtual machines, as their identities, without a password");
  for (const [app, receipt] of receipts) {
    say(`\n${app}\n${receiptTable(receipt)}`);
  }
}

async function step(exitCode: Promise<number>, name: string, shutdown: Shutdown): Promise<void> {
  const code = await exitCode;
  if (shutdown.signal || code !== 0)
    throw new StepFailed(`${name} ended with exit code ${code}. What it said stands above.`);
}

const NEXT_STEPS = `
The sandbox stays up. Try in another terminal, with APP=reports for the second application:
  make psql     open psql as the virtual machine's identity; APP=admin: as the server's administrator
  make token    see the claims of its token
  make vm       open a shell as on the virtual machine, for the programs in clients/
  make drift    break something by hand and see \`pulumi up --refresh\` repair it
Ctrl-C stops it.`;

function heading(text: string): void {
  say(`\n== ${text}`);
}

function say(text: string): void {
  console.log(text);
}
