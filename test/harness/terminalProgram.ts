import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { after } from "node:test";
import { PROJECT } from "../../sandbox/project.ts";

/** A program that runs as a shell in a terminal starts it: in a process group of its own. */
export class TerminalProgram {
  /** What it printed so far. */
  readonly lines: string[] = [];
  /** Its exit code, once everything that it printed was read. */
  readonly ended: Promise<number>;
  readonly #child;
  readonly #readers;

  /** Runs the text of a module in the project's folder. The test that started it kills it at the latest. */
  constructor(source: string, env: NodeJS.ProcessEnv = {}) {
    const child = spawn(process.execPath, ["--input-type=module", "-e", source], {
      cwd: PROJECT,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    after(() => child.kill("SIGKILL"));
    this.#child = child;
    this.#readers = [child.stdout, child.stderr].map((input) => createInterface({ input }));
    for (const reader of this.#readers) reader.on("line", (line) => this.lines.push(line));
    const read = Promise.all(this.#readers.map((reader) => once(reader, "close")));
    this.ended = Promise.all([once(child, "exit"), read]).then(([[exitCode]]) => exitCode as number);
  }

  get output(): string {
    return this.lines.join("\n");
  }

  /** Waits for a line with this text, or for the program's end. */
  printed(text: string): Promise<unknown> {
    const line = Promise.withResolvers<void>();
    for (const reader of this.#readers) reader.on("line", (printed) => printed.includes(text) && line.resolve());
    return Promise.race([line.promise, this.ended]);
  }

  /** Presses Ctrl-C: a terminal sends SIGINT to the whole process group. */
  interrupt(): void {
    process.kill(-(this.#child.pid as number), "SIGINT");
  }
}
