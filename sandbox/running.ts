import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isAlive, type ProcessIdentity } from "../tools/pulumi/processes.ts";

/** What the process that runs the sandbox tells to others of the same user: `.sandbox/running.json`, readable by its owner alone. */
export interface Running {
  process: ProcessIdentity;
  /** The environment for commands. Holds secrets of the sandbox. */
  environment: Record<string, string>;
  databasePort: number;
  sshPort: number;
  /** Where the running sandbox answers questions (see control.ts), and the word that lets one ask. */
  controlUrl: string;
  controlSecret: string;
}

/** Writes the file as a whole or not at all. */
export function writeRunning(dir: string, running: Running): void {
  const path = fileIn(dir);
  mkdirSync(dir, { recursive: true });
  writeFileSync(`${path}.new`, JSON.stringify(running, null, 2), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** @returns what the running sandbox of this folder told, or undefined when none runs */
export function readRunning(dir: string): Running | undefined {
  try {
    const running = JSON.parse(readFileSync(fileIn(dir), "utf8")) as Running;
    return isAlive(running.process) ? running : undefined;
  } catch {
    return undefined;
  }
}

/** Takes the file away when the sandbox stops. */
export function removeRunning(dir: string): void {
  rmSync(fileIn(dir), { force: true });
}

/** The folder in which a sandbox keeps its state, unless told otherwise: `.sandbox` in the project. */
export const DEFAULT_DIR = new URL("../.sandbox", import.meta.url).pathname;

function fileIn(dir: string): string {
  return join(dir, "running.json");
}
