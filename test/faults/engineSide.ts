import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { stringify } from "yaml";
import { commandEnvironment, PASSPHRASE } from "../../sandbox/environment.ts";
import { pulumiFolder } from "../../tools/pulumi/pulumiCli.ts";
import type { Side } from "./engineCommands.ts";

/** A resource in the engine's state file. */
interface StoredResource {
  id: string;
  type: string;
  inputs: { value: string };
  outputs: { value: string };
  initErrors?: string[];
  /** To be deleted: another has replaced it. */
  delete?: boolean;
  /** Deleted already, but the one to replace it could not be made. */
  pendingReplacement?: boolean;
}

/** The real engine with its Node.js host of dynamic providers, on the program whose provider does as a script says. */
export async function engineSide(dir: string): Promise<Side> {
  mkdirSync(dir, { recursive: true });
  const config = join(dir, "Pulumi.dev.yaml");
  const stateFile = join(dir, ".pulumi/stacks/stack/dev.json");
  const env = commandEnvironment({
    PATH: [await pulumiFolder({ log: () => {} }), process.env.PATH].join(":"),
    PULUMI_BACKEND_URL: `file://${dir}`,
    PULUMI_HOME: join(dir, "home"),
    PULUMI_CONFIG_PASSPHRASE: PASSPHRASE,
    PULUMI_SKIP_UPDATE_CHECK: "true",
  });
  const pulumi = async (folder: string, args: string[]) => {
    const child = spawn("pulumi", ["-C", folder, ...args, "--non-interactive"], {
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const printed = Promise.all([text(child.stdout), text(child.stderr)]);
    const [exitCode] = await once(child, "close");
    return { succeeded: exitCode === 0, text: (await printed).join("") };
  };
  // In a folder of its own: the CLI writes a new stack's salt next to the Pulumi.yaml that it finds.
  writeFileSync(join(dir, "Pulumi.yaml"), "name: stack\nruntime: nodejs\n");
  const made = await pulumi(dir, ["stack", "init", "--no-select", "dev"]);
  assert.ok(made.succeeded, made.text);
  const words = { up: ["up"], upRefresh: ["up", "--refresh"], refresh: ["refresh"], destroy: ["destroy"] };
  return {
    dir,
    run: async (verb, inputs) => {
      writeFileSync(config, stringify({ config: { "stack:inputs": inputs } }));
      const common = ["--yes", "--skip-preview", "--stack", "dev", "--config-file", config];
      const run = await pulumi(join(import.meta.dirname, "stackProgram"), [...words[verb], ...common]);
      assert.ok(run.succeeded || run.text.includes("as the script says"), `not the script's doing: ${run.text}`);
      return run.succeeded;
    },
    state: () => {
      const { checkpoint } = JSON.parse(existsSync(stateFile) ? readFileSync(stateFile, "utf8") : "{}");
      const all: StoredResource[] = checkpoint?.latest?.resources ?? [];
      const ours = all.filter(({ type }) => type.includes("dynamic"));
      const kept = ours.find((one) => !one.delete && !one.pendingReplacement);
      return {
        ...(kept && {
          state: {
            id: kept.id,
            inputs: kept.inputs.value,
            outputs: kept.outputs.value,
            initErrors: (kept.initErrors?.length ?? 0) > 0,
          },
        }),
        pendingDeletes: ours.filter((one) => one.delete).map(({ id }) => id),
      };
    },
  };
}
