import assert from "node:assert/strict";
import { join } from "node:path";
import { projectName } from "../../../sandbox/project.ts";
import { UP } from "../../../tools/harness/program.ts";
import { copyProject } from "../../harness/projectCopy.ts";
import { BASE, type Change } from "./changes.ts";
import type { Trial } from "./trial.ts";

/** A change of the stack beside its configuration, made and taken back. */
export interface StateChange extends Pick<Change, "change" | "happens" | "stays"> {
  run: (trial: Trial) => Promise<void>;
}

/** Runs the CLI on the state. Not in the project's folder: a rename would rename the stack's file there, too. */
const manage = async ({ program }: Trial, args: string[]) => {
  const { exitCode, text } = await program.run("pulumi", ["-C", join(program.dir, "init"), ...args]);
  assert.equal(exitCode, 0, text);
};
const succeed = async ({ program }: Trial, args: string[], stack: string) => {
  const { exitCode, text } = await program.pulumi(args, {}, stack);
  assert.equal(exitCode, 0, text);
};

export const STATE_CHANGES: readonly StateChange[] = [
  {
    change: "stack renamed (`pulumi stack rename`)",
    happens: "tags and owner marks change in place",
    stays: "everything: the names of VM and roles are in the configuration",
    run: async (trial) => {
      for (const [before, name] of [
        ["sandbox", "renamed"],
        ["renamed", "sandbox"],
      ] as const) {
        await manage(trial, ["stack", "rename", name, "--stack", before]);
        await succeed(trial, UP, name);
        await succeed(trial, ["preview", "--expect-no-changes", "--non-interactive"], name);
        assert.equal(await trial.rows(), 100);
      }
    },
  },
  {
    change: "project renamed (Pulumi.yaml, `pulumi stack rename`)",
    happens:
      "tags and owner marks change in place; keys with the old name are refused with the commands (EP-CONFIG-06)",
    stays: "everything: the names of VM and roles are in the configuration",
    run: async (trial) => {
      const { program } = trial;
      const [configFile, former] = [join(program.dir, "Pulumi.test.yaml"), projectName()];
      const renamed = join(program.dir, "orders");
      copyProject(renamed, "orders");
      await manage(trial, ["stack", "rename", "organization/orders/sandbox", "--stack", "sandbox"]);
      const options = ["--stack", "sandbox", "--config-file", configFile];
      for (const args of [UP, ["preview", "--expect-no-changes", "--non-interactive"]]) {
        const { exitCode, text } = await program.run("pulumi", ["-C", renamed, ...args, ...options]);
        assert.equal(exitCode, 0, text);
      }
      assert.equal(await trial.rows(), 100);
      const back = ["stack", "rename", `organization/${former}/sandbox`, "--stack", "sandbox"];
      const { exitCode, text } = await program.run("pulumi", ["-C", renamed, ...back]);
      assert.equal(exitCode, 0, text);
      // The CLI wrote the new name before the keys; the program refuses them with the commands that move them (EP-CONFIG-06).
      program.configure(BASE);
      await succeed(trial, UP, "sandbox");
    },
  },
  {
    change: "a schema's state lost (`pulumi state delete`)",
    happens: "`up` adopts the schema and the roles by their owner marks",
    stays: "everything",
    run: async (trial) => {
      const urn = (await trial.program.resources()).find(({ type }) => type.endsWith(":SchemaAccess"))?.urn ?? "";
      await manage(trial, ["state", "delete", "--yes", "--target-dependents", "--stack", "sandbox", urn]);
      await succeed(trial, UP, "sandbox");
    },
  },
];
