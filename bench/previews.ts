import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Program } from "../tools/harness/program.ts";
import type { Comparison } from "./sideBySide.ts";

const RUNS = 5;

/** What a preview without changes takes: with the compiled code of modules kept between runs, and with the policy pack. */
export async function previewComparisons(program: Program): Promise<Comparison[]> {
  const pack = packArguments();
  const cache = join(program.dir, "compile-cache");
  mkdirSync(cache);
  const preview = (more: string[], env: NodeJS.ProcessEnv) =>
    program.succeed(["preview", "--expect-no-changes", "--non-interactive", ...more], env);
  const cached = { NODE_COMPILE_CACHE: cache };
  return [
    {
      what: "a preview without changes: Node.js compiles every module, or keeps what it compiled (as main.mjs does)",
      ways: [
        { name: "compiled each time", run: () => preview([], { NODE_DISABLE_COMPILE_CACHE: "1" }) },
        { name: "kept", run: () => preview([], cached) },
      ],
      runs: RUNS,
    },
    {
      what: "a preview without changes: without and with the policy pack",
      ways: [
        { name: "without", run: () => preview([], cached) },
        { name: "with", run: () => preview(pack, cached) },
      ],
      runs: RUNS,
    },
  ];
}

/** The arguments that make a preview run under the policy pack. */
function packArguments(): string[] {
  const runner = new URL("../policies/runner/main.ts", import.meta.url).pathname;
  const [pack = "", config = ""] = execFileSync(process.execPath, [runner, "--stack", "sandbox"], { encoding: "utf8" })
    .trim()
    .split("\n");
  return ["--policy-pack", pack, "--policy-pack-config", config];
}
