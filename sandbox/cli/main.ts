import { parseArgs } from "node:util";
import { UserError } from "entra-postgres/errors";
import { pulumiFolder } from "../../tools/pulumi/pulumiCli.ts";
import { commandEnvironment, shownEnvironment } from "../environment.ts";
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
  drift             drop the role by hand, see it repaired
  preview           what a pull request shows: a preview with the policy pack, summary in .sandbox/preview.md or --summary FILE
  ci                what all workflows do, in order, on a sandbox of its own

SANDBOX_PROVIDERS=auto|real|emulator   how the providers postgresql and command run (auto: as real plugins where they are
                                       installed or can be downloaded)`;

const dir = DEFAULT_DIR;
const log = (line: string) => console.error(line);

async function options(): Promise<SandboxOptions> {
  const { providersMode } = await import("../plugins.ts");
  const providers = providersMode(process.env.SANDBOX_PROVIDERS);
  return { dir, providers, pulumiFolder: await pulumiFolder({ log }), log };
}

async function main([command, ...rest]: string[]): Promise<number> {
  switch (command) {
    case "exec": {
      if (rest[0] === "--environment") return showEnvironment();
      const words = rest[0] === "--" ? rest.slice(1) : rest;
      if (words.length === 0)
        throw new UserError({
          code: "EP-CLI-02",
          step: "reading the command line",
          expected: "exec -- COMMAND, as in exec -- pulumi up",
          found: "no command",
        });
      return exec(words);
    }
    case "start":
      return exec(undefined);
    case "stop":
      return (await import("./stop.ts")).stopRunning(dir);
    case "environment":
    case "--environment":
      return showEnvironment();
    case "demo":
      preflight();
      return (await import("./demo.ts")).demonstrate(await options());
    case "psql":
      preflight();
      return (await import("./psql.ts")).openPsql(dir, rest);
    case "vm": {
      preflight();
      const dash = rest.indexOf("--");
      const [named, words] = dash < 0 ? [rest, []] : [rest.slice(0, dash), rest.slice(dash + 1)];
      if (named.length > 1 || named[0]?.startsWith("-"))
        throw new UserError({
          code: "EP-CLI-02",
          step: "reading the command line",
          expected: "one application, and the command after --, as in vm orders -- psql",
          found: rest.join(" "),
        });
      return (await import("./vm.ts")).runOnMachine(dir, named[0], words);
    }
    case "token":
      await (await import("./token.ts")).showToken(dir);
      return 0;
    case "drift":
      preflight();
      return (await import("./drift.ts")).driftAndRepair(dir);
    case "preview": {
      preflight();
      const { values } = parseArgs({ args: rest, options: { summary: { type: "string" } } });
      const { previewOnSandbox } = await import("./preview.ts");
      return previewOnSandbox({ ...(await options()), summaryFile: values.summary });
    }
    case "ci": {
      preflight();
      return (await import("./ci.ts")).runWorkflows(await options());
    }
    case "help":
    case "--help":
    case undefined:
      console.log(USAGE);
      return command === undefined ? 2 : 0;
    default:
      console.error(USAGE);
      throw new UserError({
        code: "EP-CLI-02",
        step: "reading the command line",
        expected: "one of the commands above",
        found: command,
      });
  }
}

/** Runs a command against the sandbox; without one, keeps the sandbox up until a signal. */
async function exec(words: readonly string[] | undefined): Promise<number> {
  preflight();
  const { openSandbox } = await import("./access.ts");
  const { execute } = await import("./exec.ts");
  const { untilSignal } = await import("../processes/shutdown.ts");
  const { writeStackConfig } = await import("./stack.ts");
  const access = await openSandbox(await options());
  let signalled = false;
  const signal = untilSignal().then(() => {
    signalled = true;
  });
  try {
    const config = writeStackConfig(dir, access);
    if (config !== undefined && access.sandbox)
      log(`For this repository's own program: --config-file ${config} has these ports.`);
    if (words) {
      const abort = access.gone ? { abort: access.gone } : {};
      return await execute(words, { env: commandEnvironment(access.environment), ...abort });
    }
    if (!access.sandbox)
      throw new UserError({
        code: "EP-CLI-05",
        step: "starting the sandbox",
        expected: "that no other process runs it",
        found: "a sandbox that is up",
      });
    log("The sandbox is up. Ctrl-C stops it.");
    await signal;
    return 0;
  } finally {
    await access.close(signalled);
  }
}

async function showEnvironment(): Promise<number> {
  const { openSandbox } = await import("./access.ts");
  const access = await openSandbox(await options());
  console.log(shownEnvironment(access.environment));
  await access.close();
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
