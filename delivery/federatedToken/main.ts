// Gives a CI job's identity to programs that read AZURE_* and not ARM_*: the provider of @pulumi/postgresql and Pulumi's azblob backend,
// which use the Go SDK. It maps the variables and keeps the file of AZURE_FEDERATED_TOKEN_FILE fresh.
//
//   node delivery/federatedToken/main.ts -- pulumi up     runs a command; the file is removed when it ends
//   node delivery/federatedToken/main.ts --background     stays, and sets the variables for the job's later steps
import { spawn } from "node:child_process";
import { openSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { runCommand } from "../../tools/childProcess.ts";
import { announce } from "./announce.ts";
import { Keeper } from "./keeper.ts";
import { readSettings } from "./settings.ts";
import { TokenFile, temporaryFolder } from "./tokenFile.ts";

const USAGE = "Usage: federatedToken/main.ts -- COMMAND [ARGUMENT...] | --background";
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const say = (line: string) => console.error(line);

/** The message of the background process to the process that started it. */
type Word = { ready: Record<string, string> } | { failed: string };

/** How a signal is handled. By default it ends this process, which removes its file. */
let onSignal = (signal: NodeJS.Signals): unknown => process.exit(128 + constants.signals[signal]);
for (const signal of SIGNALS) process.on(signal, () => onSignal(signal));

const [mode, ...command] = process.argv.slice(2);
try {
  if (mode === "--" && command.length > 0) process.exitCode = await wrap(command);
  else if (mode === "--background" && command.length === 0) await startInBackground();
  else if (mode === "--stay" && process.send) await stay();
  else throw new Error(USAGE);
} catch (error) {
  say(`federatedToken: ${(error as Error).message}`);
  process.exitCode = 1;
}

async function keep(): Promise<{ keeper: Keeper; variables: Record<string, string> }> {
  const { endpoint, variables } = readSettings(process.env);
  const file = new TokenFile();
  process.once("exit", () => file.remove());
  const keeper = new Keeper(endpoint, file, say);
  await keeper.start();
  return { keeper, variables: { ...variables, AZURE_FEDERATED_TOKEN_FILE: file.path } };
}

/** Runs the command with a fresh token file. @returns its exit code */
async function wrap(command: string[]): Promise<number> {
  const { keeper, variables } = await keep();
  try {
    onSignal = () => undefined;
    return await runCommand(command, { ...process.env, ...variables });
  } finally {
    await keeper.stop();
  }
}

async function startInBackground(): Promise<void> {
  // A runner waits until a step closes its streams, so later messages go to a file.
  const log = join(temporaryFolder(process.env), "federated-token.log");
  const child = spawn(process.execPath, [import.meta.filename, "--stay"], {
    detached: true,
    stdio: ["ignore", "ignore", openSync(log, "a", 0o600), "ipc"],
  });
  const word = await new Promise<Word>((resolve, reject) => {
    child.once("message", (message) => resolve(message as Word));
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the background process ended with ${code}.`)));
  });
  if ("failed" in word) throw new Error(word.failed);
  announce(word.ready, process.env, (line) => console.log(line));
  say(`federatedToken: process ${child.pid} keeps the token fresh until the job is over; its messages are in ${log}.`);
  child.disconnect();
  child.unref();
}

/** Runs until a signal, or until the runner empties its temporary folder at the end of the job. */
async function stay(): Promise<void> {
  const tell = (word: Word) =>
    new Promise<void>((resolve) => process.send?.(word, undefined, undefined, () => resolve()));
  let kept: Awaited<ReturnType<typeof keep>>;
  try {
    kept = await keep();
  } catch (error) {
    await tell({ failed: (error as Error).message });
    return process.disconnect();
  }
  onSignal = () => kept.keeper.stop();
  await tell({ ready: kept.variables });
  await kept.keeper.ended();
}
