// The policy pack for commands of the Pulumi CLI. It builds the pack, and gets a Pulumi CLI, first where there is none.
//
//   node policies/runner/main.ts                             prints what to give as --policy-pack
//   node policies/runner/main.ts policies.json               the same, and looks through a configuration for --policy-pack-config
//   node policies/runner/main.ts --stack dev                 also prints, on a second line, what to give as --policy-pack-config for the stack
//   node policies/runner/main.ts --stack dev -- pulumi up    runs a command with both, on that stack
//   node policies/runner/main.ts --rules                     prints what the pack says of its rules, as JSON
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { parseArgs } from "node:util";
import { rules } from "../rules.ts";
import { type PackOptions, packArguments } from "./pack.ts";

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}

async function main(args: string[]): Promise<number> {
  const end = args.indexOf("--");
  const [own, [program, ...command]] = end < 0 ? [args, []] : [args.slice(0, end), args.slice(end + 1)];
  const { values, positionals } = parseArgs({
    args: own,
    options: { stack: { type: "string" }, rules: { type: "boolean" } },
    allowPositionals: true,
  });
  if (values.rules) {
    console.log(JSON.stringify(rules.map((rule) => [rule.name, { ...rule, validateStack: "validateStack" in rule }])));
    return 0;
  }
  const options = optionsOf(values.stack, positionals, program);
  const found = await packArguments(options);
  if (program !== undefined) return run(program, [...command, "--stack", values.stack ?? "", ...found]);
  console.log(found.filter((_, at) => at % 2 === 1 && (at < 2 || values.stack !== undefined)).join("\n"));
  return 0;
}

function optionsOf(
  stack: string | undefined,
  [configFile, ...rest]: string[],
  program: string | undefined,
): PackOptions {
  const isBoth = stack !== undefined && configFile !== undefined;
  if (rest.length > 0 || isBoth) throw new Error("One of --stack <stack> and a file of configuration is enough.");
  if (program !== undefined && !stack) throw new Error("Which stack? Name it: --stack dev");
  if (stack !== undefined) return { stack };
  return configFile === undefined ? {} : { configFile };
}

/** Runs a command on this terminal. @returns its exit code, as a shell counts it */
async function run(program: string, args: string[]): Promise<number> {
  const child = spawn(program, args, { stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    // At a terminal the command gets its Ctrl-C by itself; twice would mean something else to Pulumi.
    process.on(signal, () => (signal === "SIGINT" && process.stdin.isTTY) || child.kill(signal));
  }
  return await new Promise<number>((resolve, reject) => {
    child.on("error", (error) => reject(new Error(`${program} cannot be run: ${error.message}`)));
    child.on("close", (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? "SIGTERM"]));
  });
}
