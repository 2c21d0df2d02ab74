import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { bootstrap } from "../../tools/bootstrap/bootstrap.ts";
import { Problem } from "../../tools/bootstrap/problem.ts";
import { AzureCliStandIn } from "./azureCliStandIn.ts";
import type { State } from "./azureCliState.ts";

/** Commands that change nothing. */
const LOOKS = /(^| )(show|list|check)$/;

/** Arguments that say all that has to be said. */
export const REPOSITORY = ["--repository", "contoso/orders", "--subject-prefix", "repo:contoso@12/orders@34"];

/** What a run printed, and the error that it ended with. */
export interface Run {
  output: string;
  error: string;
}

/** What `gh` answers where main alone may use the environments, and pull requests `preview`. */
export const CLOSED = `case "$*" in
  *environments/preview/deployment-branch-policies*) echo "branch main"; echo "branch refs/pull/*/merge";;
  */deployment-branch-policies*) echo "branch main";;
  */environments/*) echo true;;
  "api repos/contoso/orders --jq .full_name") echo contoso/orders;;
  *) echo "gh: not known to the stand-in" >&2; exit 1;;
esac`;

/** A folder with stand-ins for `az` and `gh`, which are all that is on PATH. */
export class BootstrapWorld {
  readonly #az = new AzureCliStandIn();
  readonly #folder = mkdtempSync(join(tmpdir(), "bootstrap-"));
  readonly env: NodeJS.ProcessEnv = { PATH: this.#folder, HOME: this.#folder };
  /** Milliseconds that runs wanted to wait. */
  readonly waits: number[] = [];

  static async make(context: TestContext): Promise<BootstrapWorld> {
    const world = new BootstrapWorld();
    context.after(() => {
      world.#az.close();
      rmSync(world.#folder, { recursive: true, force: true });
    });
    await world.#az.install(world.#folder);
    world.install("gh", CLOSED);
    return world;
  }

  /** Puts a program on PATH. */
  install(name: string, script: string): void {
    const file = join(this.#folder, name);
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
  }

  remove(name: string): void {
    rmSync(join(this.#folder, name));
  }

  /** What the stand-in knows. */
  get state(): State {
    return this.#az.state;
  }

  set state(state: State) {
    this.#az.state = structuredClone(state);
  }

  /** Changes what the stand-in knows, and forgets its calls. */
  change(how: (state: State) => void): void {
    this.state.calls = [];
    how(this.state);
  }

  /** The commands since the last {@link change}, with their arguments, that were not looks alone. */
  get changes(): string[][] {
    return this.state.calls.filter(({ command }) => !LOOKS.test(command)).map(({ argv }) => argv);
  }

  async run(...argv: string[]): Promise<Run> {
    let output = "";
    const write = (text: string) => {
      output += text;
    };
    const wait = async (milliseconds: number) => {
      this.waits.push(milliseconds);
    };
    try {
      await bootstrap({ argv, env: this.env, write, signal: new AbortController().signal, wait });
      return { output, error: "" };
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      return { output, error: error.message };
    }
  }
}

/** Ids that Azure made up, and what stands for them in a plan, as one word. */
export function withoutIds(text: string): string {
  return text.replaceAll(/'<[^>]+>'|bbbbbbbb-0000-4000-8000-\d{12}/g, "ID").replaceAll(/--role '[^']+'/g, "--role ID");
}
