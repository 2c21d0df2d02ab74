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
  // Both print the port they listen on as their first line. The address of the engine is needed, but not used before the first call.
  for (const part of ["pulumi-language-nodejs", "pulumi-resource-pulumi-nodejs"] as const) {
    if (!/^\d+$/.test(await firstLine(join(folder, part), ["127.0.0.1:1"], folder))) return `${part} does not start`;
  }
  return undefined;
}

function versionOf(file: string): string {
  const result = spawnSync(file, ["version"], {
    encoding: "utf8",
    timeout: 20_000,
    env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" },
  });
  return result.status === 0 ? result.stdout.trim().replace(/^v/, "") : "";
}

/** The first line a process prints; the process is then ended. Empty when it prints none within 20 s. */
async function firstLine(file: string, args: string[], folder: string): Promise<string> {
  const child = spawn(file, args, {
    cwd: PROJECT,
    stdio: ["ignore", "pipe", "ignore"],
    detached: true,
    env: { ...process.env, PATH: [dirname(process.execPath), folder, process.env.PATH].join(delimiter) },
  });
  const timer = setTimeout(() => killGroup(child), 20_000);
  try {
    return await new Promise<string>((resolve) => {
      child.once("error", () => resolve(""));
      const lines = createInterface({ input: child.stdout });
      lines.once("line", resolve);
      lines.once("close", () => resolve(""));
    });
  } finally {
    clearTimeout(timer);
    killGroup(child);
  }
}
