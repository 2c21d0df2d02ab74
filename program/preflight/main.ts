// What a first `pulumi up` of a stack needs of Azure, asked before anything is created. It changes nothing and needs no Pulumi CLI.
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { UserError } from "../../components/errors/userError.ts";
import { handOver, readStackFile } from "./stackFile.ts";

const USAGE = `usage: node program/preflight/main.ts --stack S

      --config-file FILE   configuration instead of Pulumi.<stack>.yaml
      --address ADDRESS    this machine's public IPv4 address, where it does not know it
      --json               prints the rows as JSON

exit codes: 0 no problem, 1 problems, 2 a wrong call`;

const PROJECT = resolve(import.meta.dirname, "../..");
const OPTIONS = {
  stack: { type: "string" },
  "config-file": { type: "string" },
  address: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean" },
} as const;

/** @returns the exit code */
async function main(args: string[]): Promise<number> {
  const call = readCall(args);
  if (call.help) {
    console.log(USAGE);
    return 0;
  }
  const { stack = "", json = false, address } = call;
  const configFile = call["config-file"];
  // As the engine does: paths in the configuration are relative to the project's folder.
  const file = readStackFile(PROJECT, stack, configFile === undefined ? undefined : resolve(configFile));
  process.chdir(PROJECT);
  handOver(file);
  const [{ readSettings }, { preflight }, { table }] = await Promise.all([
    import("../config/settings.ts"),
    import("./run.ts"),
    import("./table.ts"),
  ]);
  console.error(`Asking Azure what stack ${file.stack.name} needs. Nothing is changed.`);
  const rows = await preflight({ file, settings: readSettings, address }, showProgress);
  console.log(json ? JSON.stringify(rows, undefined, 2) : table(rows));
  return rows.some(({ outcome }) => outcome === "problem") ? 1 : 0;
}

function readCall(args: string[]) {
  try {
    const { values } = parseArgs({ args, options: OPTIONS });
    if (!values.stack && !values.help) throw new TypeError("The option --stack is missing.");
    return values;
  } catch (error) {
    const found = (error as Error).message;
    throw new UserError({ code: "EP-PREFLIGHT-19", step: "reading the command line", expected: "--stack S", found });
  }
}

/** One line that is written again and again; a log without a terminal gets none. */
function showProgress(done: number, all: number): void {
  if (process.stderr.isTTY) process.stderr.write(done < all ? `\r  ${done} of ${all} answers` : "\r\x1b[K");
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = error instanceof UserError && error.code === "EP-PREFLIGHT-19" ? 2 : 1;
}
