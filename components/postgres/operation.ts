import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../errors/userError.ts";
import { Deadline } from "./deadline.ts";
import { errorLocation, type Subject } from "./errorLocation.ts";
import { explain } from "./explanation.ts";
import { Failure } from "./failure.ts";
import { retriesOf } from "./firewallWait.ts";
import { RETRY_TABLE, type RetryRule } from "./retryTable.ts";

/** Shows a person what is being waited for, or what was done in addition to the plan. */
export type Report = (line: string) => void;

/**
 * Lines on standard output reach the person through the engine's log. When the engine is gone, killed or interrupted twice, nobody waits for
 * an answer any more: the operation ends here, and the next `up` continues from what it left.
 */
export const report: Report = (line) => {
  if (process.stdout.listenerCount("error", endWithEngine) === 0) {
    process.stdout.on("error", endWithEngine);
  }
  console.log(line);
};

/** Otherwise the host of dynamic providers would report the broken pipe on another broken pipe, for ever. */
function endWithEngine(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") {
    process.exit(1);
  }
}

/** What one try of an operation is given. */
export interface Try {
  deadline: Deadline;
  report: Report;
}

/** One of the engine's operations on one role or schema: its deadline, what it waits for, and what it has to say. */
export interface Operation {
  /** What is being done: "creating the role". */
  step: string;
  inputs: Subject;
  report: Report;
  /** Called at each failure: a result ends the operation as done, such as a delete on a server that no longer exists. */
  onFailure?: (failure: Failure, deadline: Deadline) => Promise<{ done: true } | undefined>;
}

/** Work that is tried until it succeeds, whatever it works on: an operation in a server, or a question to Azure. */
export interface Persistence {
  /** Where it is: what each report begins with. */
  at: string;
  /** Seconds that all tries may take. */
  deadlineSeconds: number;
  /** As in {@link Subject}. @default 0 */
  waitSeconds?: number | undefined;
  report: Report;
  onFailure?: Operation["onFailure"];
  /** How a failure is retried. @default as the table says */
  retryRule?: (failure: Failure, deadline: Deadline) => Promise<RetryRule | undefined>;
  /** Turns the last failure into an error with a remedy. */
  explain: (failure: Failure, deadline: Deadline) => UserError | Promise<UserError>;
}

/** Thrown when a COMMIT was sent and no response came: it may have taken effect. */
export class InDoubt extends UserError {}

/**
 * Runs `work` until it succeeds, until a failure that trying again cannot help, or until the deadline. Each try is a new connection
 * and a whole transaction that looks first; so `work` must be able to find its own result and be content.
 *
 * @throws {UserError} with the remedy; {@link InDoubt} when the outcome is not known.
 */
export function perform<T>(operation: Operation, work: (one: Try) => Promise<T>): Promise<T | undefined> {
  const { inputs, step, report, onFailure } = operation;
  const { deadlineSeconds, waitSeconds } = inputs;
  const told = (failure: Failure, deadline: Deadline) => explain(inputs, step, failure, deadline);
  return persist(
    {
      at: errorLocation(inputs),
      deadlineSeconds,
      waitSeconds,
      report,
      explain: told,
      retryRule: retriesOf(inputs),
      ...(onFailure ? { onFailure } : {}),
    },
    work,
  );
}

/** {@link perform} for what is done elsewhere than in a server. */
export async function persist<T>(persistence: Persistence, work: (one: Try) => Promise<T>): Promise<T | undefined> {
  const { at } = persistence;
  const deadline = new Deadline(persistence.deadlineSeconds);
  const report = (line: string) => persistence.report(`${at}: ${line}`);
  const waits = new Waits(persistence.waitSeconds ?? 0, deadline, report);
  const fromTable = async ({ errorCode }: Failure) => errorCode && RETRY_TABLE[errorCode];
  const retryRule = persistence.retryRule ?? fromTable;
  let inDoubt = false;
  let waitedFor: Failure | undefined;
  for (;;) {
    try {
      return await work({ deadline, report });
    } catch (error) {
      if (!(error instanceof Failure)) {
        throw located(error, at);
      }
      // A COMMIT that the server refuses has a SQLSTATE of its own and rolled back; anything else may have been lost on its way back.
      inDoubt ||=
        error.phase === "commit" && (!error.bySqlState || error.code.startsWith("08") || error.code.startsWith("57"));
      if (await persistence.onFailure?.(error, deadline)) {
        return undefined;
      }
      if (!(await waits.wait(error, await retryRule(error, deadline)))) {
        // A try that the deadline cut off knows nothing but that; what was waited for before it is the reason.
        const reason = deadline.over && !error.bySqlState ? (waitedFor ?? error) : error;
        const problem = await persistence.explain(reason, deadline);
        throw inDoubt ? new InDoubt(problem.explanation) : problem;
      }
      waitedFor = error;
    }
  }
}

/** What fails before there is a connection, such as getting a token, does not know for what it was. */
function located(error: unknown, at: string): unknown {
  return error instanceof UserError && !/^(role|schema) /.test(error.explanation.at ?? "")
    ? new UserError({ ...error.explanation, at })
    : error;
}

/** How often and how long each rule of the table was followed in one operation. */
class Waits {
  readonly #spent = new Map<RetryRule, { tries: number; since: number; pause: number }>();
  readonly #waitSeconds: number;
  readonly #deadline: Deadline;
  readonly #report: Report;

  constructor(waitSeconds: number, deadline: Deadline, report: Report) {
    this.#waitSeconds = waitSeconds;
    this.#deadline = deadline;
    this.#report = report;
  }

  /** Waits before the next try, and reports it. Returns false when there is no further try. */
  async wait(failure: Failure, rule: RetryRule | undefined): Promise<boolean> {
    if (!rule || this.#deadline.over) {
      return false;
    }
    const spent = this.#spent.get(rule) ?? { tries: 0, since: performance.now(), pause: rule.pause[0] };
    this.#spent.set(rule, spent);
    const seconds = (performance.now() - spent.since) / 1000;
    const bound = this.#bound(rule);
    const pause = Math.max(spent.pause * (0.75 + Math.random() / 2), failure.retryAfter ?? 0);
    if (
      spent.tries >= (rule.tries ?? Number.POSITIVE_INFINITY) ||
      seconds + pause > bound ||
      pause * 1000 > this.#deadline.left
    ) {
      return false;
    }
    const reason = spent.tries === 0 ? ` (${failure.words}${hint(rule)})` : "";
    this.#report(`waiting for ${rule.waitingFor}, ${Math.round(seconds)} s of ${Math.round(bound)} s${reason}`);
    spent.tries += 1;
    spent.pause = Math.min(spent.pause * 1.5, rule.pause[1]);
    await sleep(pause * 1000);
    return true;
  }

  #bound({ seconds }: RetryRule): number {
    const own = seconds === "waitSeconds" ? this.#waitSeconds : (seconds ?? Number.POSITIVE_INFINITY);
    return Math.min(own, this.#deadline.seconds);
  }
}

/** A wait that a wrong value would make pointless says so from its first line. */
function hint(rule: RetryRule): string {
  return rule.seconds === "waitSeconds"
    ? "; if its name or object id is wrong, stop here: it is safe, the next run continues"
    : "";
}
