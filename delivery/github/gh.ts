import { spawnSync } from "node:child_process";

/** One call of `gh`, GitHub's command line. */
export interface GhCall {
  args: string[];
  /** Standard input. */
  input?: string;
}

/** Runs `gh` and returns its standard output. @throws Error with its words when it fails */
export function gh({ args, input }: GhCall): string {
  const result = spawnSync("gh", args, {
    encoding: "utf8",
    maxBuffer: 2 ** 26,
    ...(input === undefined ? {} : { input }),
  });
  if (result.status !== 0) {
    const said = result.error?.message ?? result.stderr.trim();
    throw new Error(`\`gh ${args.slice(0, 2).join(" ")}\` failed: ${said}`);
  }
  return result.stdout;
}

/** What a command reads and writes that calls `gh`, for tests. */
export interface GhOptions {
  env?: Readonly<Record<string, string | undefined>>;
  call?: (call: GhCall) => string;
  log?: (line: string) => void;
}
