import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { shellQuote } from "../connectionDetails/shellQuote.ts";
import { UserError } from "../errors/userError.ts";
import { type Connection, chooseApplication, doctorOptions, readConnections, scriptForVm } from "./stackDoctor.ts";

const USAGE = `usage: node components/doctor/main.ts [options of doctor.sh]       run the doctor on this machine
       node components/doctor/main.ts --stack STACK [--app APP] [options]   write it for an application's VM, with the stack's values`;

/** Starts the doctor. Needs Node.js alone; `--stack` also needs the Pulumi CLI. @returns the exit code */
export function startDoctor(args: readonly string[]): number {
  const { stack, app, rest } = splitArguments(args);
  if (stack !== undefined) return prepareForVm(stack, app, rest);
  if (app !== undefined) throw usageError("--stack with --app", "--app alone");
  if (rest.includes("--help")) console.log(`${USAGE}\n`);
  const script = fileURLToPath(new URL("doctor.sh", import.meta.url));
  const { status, error } = spawnSync("sh", [script, ...rest], { stdio: "inherit" });
  if (error) throw error;
  return status ?? 130;
}

/** Writes the script and shows the command that runs it on the VM. */
function prepareForVm(stack: string, app: string | undefined, rest: readonly string[]): number {
  const { name, connection } = chooseApplication(readConnections(stack), app);
  const folder = mkdtempSync(join(tmpdir(), "entra-postgres-doctor-"));
  const file = join(folder, `${name}.sh`);
  writeFileSync(file, scriptForVm([...doctorOptions(connection), ...rest]));
  chmodSync(file, 0o755);
  console.log(instructions(name, connection, file));
  return 0;
}

function instructions(name: string, { user }: Connection, file: string): string {
  return [
    `The doctor for application ${name} is in ${file}; it holds nothing secret. Run it on the application's VM:`,
    "",
    "az vm run-command invoke --command-id RunShellScript \\",
    `  --ids "$(az vm list --query ${shellQuote(`[?name=='${user}'].id`)} --output tsv)" \\`,
    `  --scripts @${shellQuote(file)} --query 'value[0].message' --output tsv`,
    "",
    `The role is named after the VM; for an application with identityId, replace ${user} by the name of one of its VMs.`,
  ].join("\n");
}

function splitArguments(args: readonly string[]): { stack?: string; app?: string; rest: string[] } {
  const found: { stack?: string; app?: string; rest: string[] } = { rest: [] };
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at] ?? "";
    if (word !== "--stack" && word !== "--app") {
      found.rest.push(word);
      continue;
    }
    at += 1;
    const value = args[at];
    if (!value) throw usageError(`a value after ${word}`, "none");
    found[word === "--stack" ? "stack" : "app"] = value;
  }
  return found;
}

function usageError(expected: string, found: string): UserError {
  return new UserError({ code: "EP-DOCTOR-01", step: "reading the command line", expected, found });
}

/** {@link startDoctor}, with its errors as messages. @returns the exit code */
export function runDoctor(args: readonly string[]): number {
  try {
    return startDoctor(args);
  } catch (error) {
    console.error((error as Error).message);
    return error instanceof UserError && error.code === "EP-DOCTOR-01" ? 2 : 15;
  }
}

if (import.meta.main) process.exitCode = runDoctor(process.argv.slice(2));
