import { spawn, spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, realpathSync, statSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import type { FoundCli } from "./choose.ts";
import { PARTS } from "./folder.ts";
import { killGroup } from "./processes.ts";

const PROJECT = new URL("../../", import.meta.url).pathname;

/** The first executable file of this name on PATH. */
export function findOnPath(name: string, path = process.env.PATH ?? ""): string | undefined {
  return path
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return statSync(file).isFile();
      } catch {
        return false;
      }
    });
}

/** Looks for a CLI on PATH, asks it for its version and starts each of its parts once. */
export async function probePath(path = process.env.PATH ?? ""): Promise<FoundCli | undefined> {
  const file = findOnPath("pulumi", path);
  if (file === undefined) return undefined;
  const version = versionOf(file);
  const folder = [dirname(file), dirname(realpathSync(file))].find((f) =>
    PARTS.every((part) => existsSync(join(f, part))),
  );
  if (folder === undefined) {
    const missing = PARTS.filter((part) => !existsSync(join(dirname(file), part)));
    return { folder: dirname(file), version, problem: `${missing.join(" and ")} is missing beside it` };
  }
  const problem = await probeParts(folder);
  return { folder, version, ...(problem === undefined ? {} : { problem }) };
}

/** @returns what does not start, or undefined when the folder's CLI, language host and dynamic provider all do. */
export async function probeParts(folder: string): Promise<string | undefined> {
  if (versionOf(join(folder, "pulumi")) === "") return "`pulumi version` fails";
  for (const part of ["pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs"] as const) {
    if (!(await withPart(folder, part, isPort))) return `${part} does not start`;
  }
  return undefined;
}

/** Whether a part printed a port, as it does when it listens. */
export function isPort(line: string): boolean {
  return /^\d+$/.test(line);
}

function versionOf(file: string): string {
  const result = spawnSync(file, ["version"], {
    encoding: "utf8",
    timeout: 20_000,
    env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" },
  });
  return result.status === 0 ? result.stdout.trim().replace(/^v/, "") : "";
}

/**
 * Starts the language host or the dynamic provider of a CLI, which print the port they listen on. They need the address of an engine, but
 * do not use it before the first call.
 * @param use takes the first line that the part prints, empty when it prints none within 20 s; the part is ended afterwards
 */
export async function withPart<T>(
  folder: string,
  part: (typeof PARTS)[number],
  use: (firstLine: string) => T | Promise<T>,
): Promise<T> {
  const child = spawn(join(folder, part), ["127.0.0.1:1"], {
    cwd: PROJECT,
    stdio: ["ignore", "pipe", "ignore"],
    detached: true,
    env: { ...process.env, PATH: [dirname(process.execPath), folder, process.env.PATH].join(delimiter) },
  });
  const timer = setTimeout(() => killGroup(child), 20_000);
  try {
    const firstLine = await new Promise<string>((resolve) => {
      child.once("error", () => resolve(""));
      const lines = createInterface({ input: child.stdout });
      lines.once("line", resolve);
      lines.once("close", () => resolve(""));
    });
    return await use(firstLine);
  } finally {
    clearTimeout(timer);
    killGroup(child);
  }
}
