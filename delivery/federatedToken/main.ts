// Lets what knows AZURE_* and not ARM_* log in with a CI job's own identity: the Go SDK in the provider of @pulumi/postgresql and in
// Pulumi's azblob backend. It maps the variables and keeps the file of AZURE_FEDERATED_TOKEN_FILE fresh.
//
//   node delivery/federatedToken/main.ts -- pulumi up     runs a command so; the file is gone when it ends
//   node delivery/federatedToken/main.ts --background     stays, and tells the job's later steps of the variables
import { spawn } from "node:child_process";
import { openSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { announce } from "./announce.ts";
import { Keeper } from "./keeper.ts";
import { readSettings } from "./settings.ts";
import { TokenFile, temporaryFolder } from "./tokenFile.ts";

const USAGE = "Usage: federatedToken/main.ts -- COMMAND [ARGUMENT...] | --background";
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const say = (line: string) => console.error(line);

/** What the process that stays tells the one that started it. */
type Word = { ready: Record<string, string> } | { failed: string };

/** What a signal does: it ends this process, which removes its file, until there is something better to do. */
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

/** Runs the command and answers its exit code, as a shell counts it. */
async function wrap([program = "", ...args]: string[]): Promise<number> {
  const { keeper, variables } = await keep();
  try {
    const child = spawn(program, args, { stdio: "inherit", env: { ...process.env, ...variables } });
    // At a terminal the command gets its Ctrl-C by itself; twice would mean something else to Pulumi.
    onSignal = (signal) => (signal === "SIGINT" && process.stdin.isTTY) || child.kill(signal);
    return await new Promise<number>((resolve, reject) => {
      child.on("error", (error) => reject(new Error(`${program} cannot be run: ${error.message}`)));
      child.on("close", (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? "SIGTERM"]));
    });
  } finally {
    await keeper.stop();
  }
}

async function startInBackground(): Promise<void> {
  // A runner waits for the streams of a step to be closed, so what it has to say afterwards goes to a file.
  const log = join(temporaryFolder(process.env), "federated-token.log");
  const child = spawn(process.execPath, [import.meta.filename, "--stay"], {
    detached: true,
    stdio: ["ignore", "ignore", openSync(log, "a", 0o600), "ipc"],
  });
  const word = await new Promise<Word>((resolve, reject) => {
    child.once("message", (message) => resolve(message as Word));
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the process that was to stay ended with ${code}.`)));
  });
  if ("failed" in word) throw new Error(word.failed);
  announce(word.ready, process.env, (line) => console.log(line));
  say(
    `federatedToken: process ${child.pid} keeps the assertion fresh until the job is over; what it has to say is in ${log}.`,
  );
  child.disconnect();
  child.unref();
}

/** The process that stays: until a signal, or until the runner empties its folder at the end of the job. */
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
