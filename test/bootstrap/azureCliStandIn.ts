import { chmodSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { findOnPath } from "../../tools/pulumi/probe.ts";
import { commands } from "./azureCliCommands.ts";
import { AzError, emptyState, type State } from "./azureCliState.ts";

/** What a command ended with. */
interface Ended {
  code: number;
  output: string;
}

/**
 * Stands in for the Azure CLI: an executable `az` that hands its arguments to this process and prints what comes back. It answers in the forms
 * that az answers in, and refuses commands and options that it does not know. A Node process for each command would take five times as long.
 */
export class AzureCliStandIn {
  state: State = emptyState();
  readonly #server: Server;

  constructor() {
    this.#server = createServer(async (request, response) => {
      const argv = (await text(request)).split("\0").slice(0, -1);
      const ended = this.#run(argv);
      if (ended) response.end(`${ended.code}\n${ended.output}`);
    });
  }

  /** Puts `az` into a folder. @throws Error without curl, which it is made of */
  async install(folder: string): Promise<void> {
    const curl = findOnPath("curl");
    if (curl === undefined) throw new Error("The stand-in for az needs curl, which is not on PATH.");
    const socket = join(folder, "az.sock");
    await new Promise<void>((resolve) => this.#server.listen(socket, resolve));
    const script = [
      "#!/bin/sh",
      `answer=$(printf '%s\\0' "$@" | '${curl}' -sS --unix-socket '${socket}' --data-binary @- http://az/) || exit 1`,
      `code=\${answer%%"\n"*}`,
      `output=\${answer#*"\n"}`,
      `if [ "$code" = 0 ]; then printf '%s\\n' "$output"; else printf 'ERROR: %s\\n' "$output" >&2; fi`,
      'exit "$code"',
    ];
    writeFileSync(join(folder, "az"), `${script.join("\n")}\n`);
    chmodSync(join(folder, "az"), 0o755);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** @returns undefined for a command that never ends */
  #run(argv: readonly string[]): Ended | undefined {
    try {
      const { name, options } = parsed(argv);
      const command = commands[name];
      if (!command) throw new AzError(`'${name}' is misspelled or not recognized by the system.`, 2);
      requireKnown(name, options, command);
      this.state.calls.push({ command: name, argv: argv.filter((word) => !SHAPES.includes(word)) });
      if (this.state.login === null) throw new AzError("Please run 'az login' to setup account.");
      if (this.state.hold === name) {
        this.state.onHold?.();
        return undefined;
      }
      const failure = this.state.failures.find((each) => each.command === name && each.times > 0 && each.skip-- <= 0);
      if (failure) {
        failure.times--;
        throw new AzError(failure.says);
      }
      const answer = command.run((option) => options.get(option) ?? "", this.state);
      return { code: 0, output: answer === undefined ? "" : JSON.stringify(answer, null, 2) };
    } catch (error) {
      if (error instanceof AzError) return { code: error.code, output: error.message };
      throw error;
    }
  }
}

/** What only shapes the output. */
const SHAPES: readonly string[] = ["--only-show-errors", "--output", "json"];

function parsed(argv: readonly string[]): { name: string; options: Map<string, string> } {
  const first = argv.findIndex((word) => word.startsWith("--"));
  const words = argv.slice(0, first === -1 ? undefined : first);
  const options = new Map<string, string>();
  for (let i = words.length; i < argv.length; i++) {
    const [option, value] = [argv[i] as string, argv[i + 1]];
    if (!option.startsWith("--")) throw new AzError(`unrecognized arguments: ${option}`, 2);
    const hasValue = value !== undefined && !value.startsWith("--");
    options.set(option, hasValue ? value : "");
    if (hasValue) i++;
  }
  return { name: words.join(" "), options };
}

function requireKnown(
  name: string,
  options: Map<string, string>,
  command: { needs: string[]; takes?: string[] },
): void {
  // `az ad` has no --subscription. Source: azure-cli, command_modules/role/_params.py, c.ignore('_subscription').
  const always = name.startsWith("ad ") ? SHAPES : [...SHAPES, "--subscription"];
  const known = [...command.needs, ...(command.takes ?? []), ...always];
  for (const option of options.keys()) {
    if (!known.includes(option)) throw new AzError(`unrecognized arguments: ${option}`, 2);
  }
  for (const option of command.needs) {
    if (!options.get(option)) throw new AzError(`the following arguments are required: ${option}`, 2);
  }
  if (options.get("--output") !== "json") throw new AzError("only --output json is known", 2);
}
