import type { AzureCli } from "./azureCli.ts";
import { isPropagating } from "./azureProblem.ts";
import { shellLine } from "./shellWords.ts";
import type { Change, Step } from "./step.ts";

/** Directory replication takes seconds, seldom minutes: a try every 10 s, 3 minutes long. */
const TRIES = 18;
const PAUSE_MS = 10_000;

/** How the steps are run. */
export interface RunnerOptions {
  az: AzureCli;
  /** False: nothing is changed, the commands are shown. */
  apply: boolean;
  write: (text: string) => void;
  /** Waits for so many milliseconds. */
  wait: (milliseconds: number) => Promise<unknown>;
}

/** What was done or, in a plan, is to be done. */
export interface Outcome {
  changes: number;
  remarks: number;
}

/** Looks at each step in turn, and makes it right or shows what would. A step is begun only when all before it are done. */
export async function runSteps(steps: readonly Step[], options: RunnerOptions): Promise<Outcome> {
  const { az, apply, write } = options;
  const outcome = { changes: 0, remarks: 0 };
  for (const [index, { title, look, fine = "there" }] of steps.entries()) {
    write(`[${String(index + 1).padStart(2)}/${steps.length}] ${title}: `);
    const { changes, remarks = [] } = await look();
    if (changes.length === 0) write(`${fine}\n`);
    for (const change of changes) {
      write(changes.length > 1 ? `\n        ${change.what}` : change.what);
      if (apply) await makeChange(change, options);
      else write(`\n        ${shellLine(["az", ...az.command(change.command)])}`);
    }
    if (changes.length > 0) write("\n");
    for (const remark of remarks) write(`        note: ${remark}\n`);
    outcome.changes += changes.length;
    outcome.remarks += remarks.length;
  }
  return outcome;
}

async function makeChange({ command, learn }: Change, { az, write, wait }: RunnerOptions): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      const answer = await az.run(command);
      learn?.(answer);
      write(": done");
      return;
    } catch (error) {
      if (!isPropagating(error) || tries === TRIES) throw error;
      write(tries === 1 ? " (waiting for the directory to know it) ." : ".");
      await wait(PAUSE_MS);
    }
  }
}
