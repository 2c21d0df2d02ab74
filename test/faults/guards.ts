import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

/** A guard of the program, how it is taken away, and the rows of which at least one must then fail. */
export interface Guard {
  /** What the program does to guard, as a fact. */
  guard: string;
  /** Path of its file in the project. */
  file: string;
  /** The text that is the guard; the file has it once. */
  from: string;
  /** What takes its place. */
  to: string;
  rows: string[];
}

/** The guards of guards.yaml. */
export function readGuards(): Guard[] {
  const byFile: Record<string, Omit<Guard, "file">[]> = parse(
    readFileSync(join(import.meta.dirname, "guards.yaml"), "utf8"),
  );
  return Object.entries(byFile).flatMap(([file, guards]) => guards.map((guard) => ({ ...guard, file })));
}
