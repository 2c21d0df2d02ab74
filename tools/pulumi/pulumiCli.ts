import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { chooseSources, type Facts, PINNED_VERSION, passedOver, remedy } from "./choose.ts";
import { cacheRoot, VersionFolder } from "./folder.ts";
import { findOnPath, probeParts, probePath } from "./probe.ts";
import { ProcessLock } from "./processLock.ts";
import { build, download } from "./sources.ts";

/** Options of {@link pulumiFolder}. */
export interface PulumiFolderOptions {
  /** Takes progress and remarks, one line each. */
  log: (line: string) => void;
  /** @default the user's cache folder of this project */
  root?: string;
  /** Passes over the one on PATH. @default false */
  pinned?: boolean;
}

/**
 * Finds or gets a Pulumi CLI: on PATH, from the cache, by the official download, by building it; the first that works.
 * @returns the folder to put on PATH
 * @throws Error that says what to install when there is no way to one
 */
export async function pulumiFolder(options: PulumiFolderOptions): Promise<string> {
  const folder = new VersionFolder(options.root ?? cacheRoot(), PINNED_VERSION);
  const onPath = options.pinned ? undefined : await probePath();
  const go = goVersion();
  const facts: Facts = {
    cached: folder.isWhole(),
    npm: findOnPath("npm") !== undefined,
    ...(onPath ? { onPath } : {}),
    ...(go === undefined ? {} : { go }),
  };
  const sources = chooseSources(facts);
  if (sources[0] === "path") return onPath?.folder ?? "";
  if (sources[0] === "cache") return folder.path;
  const remark = passedOver(facts);
  if (remark !== undefined) options.log(remark);

  mkdirSync(options.root ?? cacheRoot(), { recursive: true });
  const lock = await ProcessLock.wait(`${folder.path}.lock`, ({ pid }) =>
    options.log(`Process ${pid} is getting the Pulumi CLI ${folder.version}; waiting for it.`),
  );
  try {
    if (folder.isWhole()) return folder.path;
    folder.removeLeftovers();
    const failures: string[] = [];
    for (const source of sources) {
      const temporary = folder.makeTemporary();
      const removeTemporary = () => rmSync(temporary, { recursive: true, force: true });
      process.once("exit", removeTemporary);
      try {
        const files = source === "download" ? await download(temporary) : await build(temporary);
        const problem = await probeParts(files);
        if (problem !== undefined) throw new Error(problem);
        folder.adopt(files, source);
        return folder.path;
      } catch (error) {
        const failure = `${source === "download" ? "The download" : "The build"} of the Pulumi CLI failed: ${(error as Error).message}`;
        failures.push(failure);
        options.log(failure);
      } finally {
        process.off("exit", removeTemporary);
        removeTemporary();
      }
    }
    throw new Error(remedy(facts, failures));
  } finally {
    lock.release();
  }
}

/** @returns the version of `go` on PATH, for example `1.26.8`, or undefined when PATH has no `go`. */
export function goVersion(): string | undefined {
  if (findOnPath("go") === undefined) return undefined;
  const result = spawnSync("go", ["env", "GOVERSION"], {
    encoding: "utf8",
    timeout: 20_000,
    cwd: "/",
    env: { ...process.env, GOTOOLCHAIN: "local" },
  });
  return /\d+(\.\d+)+/.exec(result.stdout ?? "")?.[0];
}
