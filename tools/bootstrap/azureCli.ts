import { spawn } from "node:child_process";
import { AzureProblem } from "./azureProblem.ts";
import { Problem } from "./problem.ts";

/** Exit code of `az … show` for what is not there. Source: azure-cli, show_exception_handler in azure/cli/core/commands/arm.py. */
const NOT_FOUND = 3;

/** Codes of ARM and of its providers that say the same, for commands that end with 1. */
const ABSENT =
  /\((ResourceNotFound|ResourceGroupNotFound|ParentResourceNotFound|ContainerNotFound|KeyNotFound|NotFound)\)|Code: (ResourceNotFound|ResourceGroupNotFound|ContainerNotFound|KeyNotFound|NotFound)\b/;

/** Where and how `az` is run. */
export interface AzureCliOptions {
  env: NodeJS.ProcessEnv;
  /** Ends a running command. */
  signal: AbortSignal;
}

/** The Azure CLI: no shell, arguments as they are, answers as JSON, the user's login. */
export class AzureCli {
  readonly #options: AzureCliOptions;
  /** What every command is run against; the login's own default counts for nothing. */
  subscriptionId: string | undefined;

  constructor(options: AzureCliOptions) {
    this.#options = options;
  }

  /** The command as it is run, but for what only shapes the output. Groups of `az ad` belong to a tenant and take no subscription. */
  command(words: readonly string[]): string[] {
    const own = words[0] === "ad" || words[0] === "account" || this.subscriptionId === undefined;
    return own ? [...words] : [...words, "--subscription", this.subscriptionId as string];
  }

  /** @throws {Problem} with what to do next */
  async run<Answer>(words: readonly string[]): Promise<Answer> {
    return (await this.#execute<Answer>(words)) as Answer;
  }

  /** @returns undefined for what is not there. @throws {Problem} for any other error */
  async show<Answer>(words: readonly string[]): Promise<Answer | undefined> {
    try {
      return await this.#execute<Answer>(words);
    } catch (error) {
      if (error instanceof NotThere) return undefined;
      throw error;
    }
  }

  async #execute<Answer>(words: readonly string[]): Promise<Answer | undefined> {
    const command = this.command(words);
    const { code, stdout, stderr } = await this.#spawn([...command, "--only-show-errors", "--output", "json"]);
    if (code === NOT_FOUND || (code !== 0 && ABSENT.test(stderr))) throw new NotThere(command, stderr);
    if (code !== 0) throw new AzureProblem(command, stderr);
    if (stdout.trim() === "") return undefined;
    try {
      return JSON.parse(stdout) as Answer;
    } catch {
      throw new AzureProblem(command, "its answer is no JSON");
    }
  }

  #spawn(words: readonly string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const { env, signal } = this.#options;
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const child = spawn("az", words, {
        // Nothing is read from the terminal: a question of az would wait for ever.
        stdio: ["ignore", "pipe", "pipe"],
        env: { ...env, AZURE_CORE_NO_COLOR: "true", AZURE_EXTENSION_USE_DYNAMIC_INSTALL: "no" },
        // `az` is often a script that starts Python: a group of its own can be ended as a whole.
        detached: true,
      });
      const output = { stdout: "", stderr: "" };
      child.stdout.setEncoding("utf8").on("data", (text) => (output.stdout += text));
      child.stderr.setEncoding("utf8").on("data", (text) => (output.stderr += text));
      const stop = () => endGroup(child.pid);
      signal.addEventListener("abort", stop);
      child.once("error", (error: NodeJS.ErrnoException) =>
        reject(error.code === "ENOENT" ? new Problem(MISSING) : error),
      );
      child.once("close", (code) => {
        signal.removeEventListener("abort", stop);
        if (signal.aborted) reject(signal.reason);
        else resolve({ code, ...output });
      });
    });
  }
}

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGTERM");
  } catch {
    // It has ended by itself.
  }
}

const MISSING =
  "The Azure CLI is not installed: there is no `az` on PATH. Next: https://learn.microsoft.com/cli/azure/install-azure-cli, then az login";

/** What was asked for is not there. */
class NotThere extends AzureProblem {}
