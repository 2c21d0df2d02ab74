import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isAlive, type ProcessIdentity } from "../tools/pulumi/processes.ts";

/** How commands of the same user reach a running sandbox: `.sandbox/running.json`, which only its owner can read. */
export interface Running {
  process: ProcessIdentity;
  /** The environment for commands. Holds secrets of the sandbox. */
  environment: Record<string, string>;
  databasePort: number;
  sshPort: number;
  /** The address of the sandbox's control server (see control.ts), and its secret. */
  controlUrl: string;
  controlSecret: string;
}

/** Writes the file completely or not at all. */
export function writeRunning(dir: string, running: Running): void {
  const path = fileIn(dir);
  mkdirSync(dir, { recursive: true });
  writeFileSync(`${path}.new`, JSON.stringify(running, null, 2), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** @returns undefined when no sandbox of this folder runs */
export function readRunning(dir: string): Running | undefined {
  try {
    const running = JSON.parse(readFileSync(fileIn(dir), "utf8")) as Running;
    return isAlive(running.process) ? running : undefined;
  } catch {
    return undefined;
  }
}

/** Removes the file when the sandbox stops. */
export function removeRunning(dir: string): void {
  rmSync(fileIn(dir), { force: true });
}

/** The default folder of a sandbox's state: `.sandbox` in the project. */
export const DEFAULT_DIR = new URL("../.sandbox", import.meta.url).pathname;

function fileIn(dir: string): string {
  return join(dir, "running.json");
}
