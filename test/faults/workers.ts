import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Measure } from "./report.ts";
import type { RowResult } from "./runner.ts";

/** What one process does: rows of one section, with the program's own functions or with the control, or one measure. */
export interface Task {
  rows: string[];
  control: boolean;
  measure?: string;
}

/** What a process says, one line of JSON each: a row's result, or a measure's. */
export type Line = { row: RowResult; control: boolean } | { measure: Measure };

/** Options of {@link runTasks}. */
export interface RunTasksOptions {
  tasks: readonly Task[];
  /** How many processes run side by side. */
  atOnce: number;
  /** Starts the process of a task; its standard output is a pipe. */
  start(task: Task): ChildProcess;
  /** Takes each line as it comes. */
  take(line: Line): void;
}

/**
 * Runs each task in a process of its own. When one ends before it said everything, the row that was under way was not survived, unless
 * the process said so itself; the rows after it get another process.
 */
export async function runTasks({ tasks, atOnce, start, take }: RunTasksOptions): Promise<void> {
  const waiting = [...tasks];
  const children = new Set<ChildProcess>();
  const stop = () => {
    for (const child of children) {
      child.kill("SIGTERM");
    }
    process.exit(130);
  };
  const runNext = async (): Promise<void> => {
    for (let task = waiting.shift(); task; task = waiting.shift()) {
      const child = start(task);
      children.add(child);
      const left = await finish(task, child, take);
      children.delete(child);
      if (left.length > 0) {
        waiting.unshift({ ...task, rows: left });
      }
    }
  };
  process.once("SIGINT", stop).once("SIGTERM", stop);
  try {
    await Promise.all(Array.from({ length: atOnce }, runNext));
  } finally {
    process.off("SIGINT", stop).off("SIGTERM", stop);
  }
}

/** Answers the rows that the process did not come to. */
async function finish({ rows, control, measure }: Task, child: ChildProcess, take: (line: Line) => void) {
  const left = new Set(rows);
  let measured = measure === undefined;
  const closed = once(child, "close");
  if (!child.stdout) {
    throw new Error("The process has no pipe to speak through.");
  }
  for await (const text of createInterface({ input: child.stdout })) {
    if (text.startsWith("{")) {
      const line: Line = JSON.parse(text);
      take(line);
      if ("row" in line) {
        left.delete(line.row.id);
      } else {
        measured = true;
      }
    }
  }
  const [exitCode, signal] = await closed;
  const reason = `its process ended with ${exitCode ?? signal}`;
  if (measure !== undefined && !measured) {
    take({ measure: { name: measure, what: "not known", tried: 1, asTheyShould: 0, notes: [reason] } });
  }
  const [under] = left;
  if (under !== undefined && (exitCode !== 0 || left.size === rows.length)) {
    take({ row: { id: under, survived: false, reason, lacks: "deeds", seconds: 0 }, control });
    left.delete(under);
  }
  return [...left];
}
