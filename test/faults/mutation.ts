import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type Guard, readGuards } from "./guards.ts";
import type { Measure } from "./report.ts";
import type { Line } from "./workers.ts";

const PROJECT = join(import.meta.dirname, "../..");
/** What the rows need of the project; the rest is a link. */
const COPIED = ["components", "sandbox", "test", "tools", "docs", "package.json", "package-lock.json"];

/** A copy of the project in which guards can be taken away. */
export class MutableProject {
  readonly dir = mkdtempSync(join(tmpdir(), "entra-postgres-guards-"));

  constructor() {
    for (const name of COPIED) {
      cpSync(join(PROJECT, name), join(this.dir, name), { recursive: true });
    }
    symlinkSync(join(PROJECT, "node_modules"), join(this.dir, "node_modules"));
  }

  /**
   * Takes one guard away, runs its rows and puts it back. Answers whether a row failed.
   *
   * @throws Error when the guard's text is not there exactly once, or its rows pass or fail for another reason than the guard
   */
  async isMissed({ guard, file, from, to, rows }: Guard): Promise<boolean> {
    const path = join(this.dir, file);
    const original = readFileSync(path, "utf8");
    if (original.split(from).length !== 2) {
      throw new Error(`"${guard}": its text is not in ${file} exactly once. Correct test/faults/guards.yaml.`);
    }
    writeFileSync(
      path,
      original.replace(from, () => to),
    );
    try {
      return (await this.run(rows)).some(({ survived }) => !survived);
    } finally {
      writeFileSync(path, original);
    }
  }

  /** Runs rows as the copy stands. @throws Error when they cannot be run at all */
  async run(rows: string[]): Promise<{ id: string; survived: boolean }[]> {
    const main = join(this.dir, "test/faults/main.ts");
    const child = spawn(process.execPath, [main, "--worker", "--rows", rows.join(",")], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
    const lines = out.split("\n").filter((line) => line.startsWith("{"));
    if (lines.length === 0) {
      throw new Error(`${rows.join(", ")} could not be run: ${errors.slice(0, 2000)}`);
    }
    return lines.map((line) => JSON.parse(line) as Line).flatMap((line) => ("row" in line ? [line.row] : []));
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** Takes every guard away, one at a time, as a measure of `make faults`. */
export async function measureGuards(): Promise<Omit<Measure, "name">> {
  const project = new MutableProject();
  try {
    const guards = readGuards();
    const unmissed: string[] = [];
    for (const guard of guards) {
      const missed = await project.isMissed(guard).catch((error: Error) => error);
      if (missed !== true) {
        unmissed.push(
          missed instanceof Error ? missed.message : `nobody misses "${guard.guard}" (${guard.rows.join(", ")})`,
        );
      }
    }
    return {
      what: "guards of the program, each taken away once: a row must fail",
      tried: guards.length,
      asTheyShould: guards.length - unmissed.length,
      notes: unmissed,
    };
  } finally {
    project.remove();
  }
}
