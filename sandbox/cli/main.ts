import { parseArgs } from "node:util";
import { UserError } from "entra-postgres/errors";
import { pulumiFolder } from "../../tools/pulumi/pulumiCli.ts";
import { parseBehaviour } from "../behaviour.ts";
import { DEFAULT_DIR } from "../running.ts";
import type { SandboxOptions } from "../sandbox.ts";
import { preflight } from "./preflight.ts";

const USAGE = `usage: node sandbox/cli/main.ts <command>

  exec -- CMD ...   run any command, any Pulumi program, against the sandbox
  start             start the sandbox and keep it up until Ctrl-C
  stop              stop the one that is up
  environment       show what exec sets in the environment, secrets left out
  demo              what \`make sandbox\` runs
  psql [args]       open psql as the virtual machine's identity; APP=admin: as the server's administrator
  vm [APP] [-- CMD] run a command, by default a shell, as on an application's virtual machine
  token             show the claims of the virtual machine's token
  drift             drop the role outside Pulumi, see it repaired
  preview           what a pull request shows: a preview with the policy pack, summary in .sandbox/preview.md or --summary FILE
  probe             ask the ledger's rows of a sandbox of its own; --only ID asks some
  ci                what all workflows do, in order, on a sandbox of its own

SANDBOX_PROVIDERS=auto|real|emulator   how the providers postgresql and command run (auto: as real plugins where they are
                                       installed or can be downloaded)
SANDBOX_AZURE=gentle|harsh             how Azure behaves where that is not known; docs/sandbox.md lists its switches`;

const dir = DEFAULT_DIR;
const log = (line: string) => console.error(line);

async function options(): Promise<SandboxOptions> {
  const { providersMode } = await import("../plugins.ts");
  const providers = providersMode(process.env.SANDBOX_PROVIDERS);
  const behaviour = parseBehaviour(process.env.SANDBOX_AZURE);
  return { dir, providers, behaviour, pulumiFolder: await pulumiFolder({ log }), log };
}

/** The commands by name; each loads only what it needs, and returns its exit code. */
const COMMANDS: Record<string, (args: string[]) => Promise<number>> = {
  exec: async (args) => {
    const words = args[0] === "--" ? args.slice(1) : args;
    if (words.length === 0) throw usageError("exec -- COMMAND, as in exec -- pulumi up", "no command");
    return (await import("./exec.ts")).runAgainstSandbox(await options(), words);
  },
  start: async () => (await import("./exec.ts")).runAgainstSandbox(await options()),
  stop: async () => (await import("./stop.ts")).stopRunning(dir),
  environment: async () => (await import("./exec.ts")).showEnvironment(await options()),
  demo: async () => (await import("./demo.ts")).demonstrate(await options()),
  psql: async (args) => (await import("./machineCommands.ts")).openPsql(dir, args),
  vm: async (args) => {
    const dash = args.indexOf("--");
    const [named, words] = dash < 0 ? [args, []] : [args.slice(0, dash), args.slice(dash + 1)];
    if (named.length > 1 || named[0]?.startsWith("-"))
      throw usageError("one application, and the command after --, as in vm orders -- psql", args.join(" "));
    return (await import("./machineCommands.ts")).runOnMachine(dir, named[0], words);
  },
  token: async () => (await import("./machineCommands.ts")).showToken(dir),
  drift: async () => (await import("./drift.ts")).driftAndRepair(dir),
  preview: async (args) => {
    const { values } = parseArgs({ args, options: { summary: { type: "string" } } });
    return (await import("./preview.ts")).previewOnSandbox({ ...(await options()), summaryFile: values.summary });
  },
  probe: async (args) => (await import("./probe.ts")).probeSandbox(await options(), args),
  ci: async () => (await import("./ci.ts")).runWorkflows(await options()),
};

/** The commands that need nothing of this host. */
const WITHOUT_PREFLIGHT = ["stop", "token", "environment"];

async function main([command, ...args]: string[]): Promise<number> {
  if (command === undefined || command === "help" || command === "--help") {
    console.log(USAGE);
    return command === undefined ? 2 : 0;
  }
  const run = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
  if (!run) {
    console.error(USAGE);
    throw usageError("one of the commands above", command);
  }
  if (!WITHOUT_PREFLIGHT.includes(command)) preflight();
  return run(args);
}

function usageError(expected: string, found: string): UserError {
  return new UserError({ code: "EP-CLI-02", step: "reading the command line", expected, found });
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
