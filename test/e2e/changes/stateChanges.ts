import assert from "node:assert/strict";
import { join } from "node:path";
import { type ErrorCode, errorsIn } from "../../../components/errors/index.ts";
import { projectName } from "../../../sandbox/project.ts";
import { UP } from "../../../tools/harness/program.ts";
import { copyProject } from "../../harness/projectCopy.ts";
import { BASE, type Change, groupApp, groupOf, makeGroups, ORDERS, OWN_SCHEMA } from "./change.ts";
import type { Config, Trial } from "./trial.ts";

const UNCHANGED = ["preview", "--expect-no-changes", "--non-interactive"];
const [PEOPLE, ANALYSTS] = [groupOf("4"), groupOf("5")];

/** Runs the CLI on the state. Not in the project's folder: a rename would rename the stack's file there, too. */
const manage = async ({ program }: Trial, args: string[]) => {
  const { exitCode, text } = await program.run("pulumi", ["-C", join(program.dir, "init"), ...args]);
  assert.equal(exitCode, 0, text);
};
const succeed = async ({ program }: Trial, args: string[], stack: string) => {
  const { exitCode, text } = await program.pulumi(args, {}, stack);
  assert.equal(exitCode, 0, text);
};
const exportState = (trial: Trial, file: string) =>
  manage(trial, ["stack", "export", "--stack", "sandbox", "--file", join(trial.program.dir, file)]);
const importState = (trial: Trial, file: string) =>
  manage(trial, ["stack", "import", "--stack", "sandbox", "--file", join(trial.program.dir, file)]);

/** Another stack with a role and a schema in the server of the first one. */
const beside = (trial: Trial, schema: string): Config => {
  const server = trial.program.sandbox.azure.resources().find(({ token }) => token.endsWith(":Server"));
  return {
    existingServerId: server?.id,
    postgresVersion: "",
    ...{ sshKeyFile: "", sshAllowedAddresses: [] },
    apps: [groupApp(PEOPLE, { name: "people", profile: "reader", schema: "people" })],
    schemas: [{ name: "people", schema, database: "app" }],
  };
};

/** A renamed schema, and one member more. */
const LATER: Config = {
  apps: [ORDERS, groupApp(ANALYSTS, { name: "people", profile: "reader", schema: "orders" })],
  schemas: [{ ...OWN_SCHEMA, schema: "sales" }],
};

/** The stack's state, beside what the configuration says. */
export const STATE_CHANGES: readonly Change[] = [
  {
    rows: [
      {
        change: "stack renamed (`pulumi stack rename`)",
        happens: "tags and owner marks change in place",
        stays: "everything: the names of VM and roles are in the configuration",
      },
    ],
    run: async (trial) => {
      for (const [before, name] of [
        ["sandbox", "renamed"],
        ["renamed", "sandbox"],
      ] as const) {
        await manage(trial, ["stack", "rename", name, "--stack", before]);
        await succeed(trial, UP, name);
        await succeed(trial, UNCHANGED, name);
        assert.equal(await trial.rows(), 100);
      }
    },
  },
  {
    rows: [
      {
        change: "project renamed (Pulumi.yaml, `pulumi stack rename`)",
        happens:
          "tags and owner marks change in place; keys with the old name are refused with the commands (EP-CONFIG-06)",
        stays: "everything: the names of VM and roles are in the configuration",
      },
    ],
    run: async (trial) => {
      const { program } = trial;
      const [configFile, former] = [join(program.dir, "Pulumi.test.yaml"), projectName()];
      const renamed = join(program.dir, "orders");
      copyProject(renamed, "orders");
      await manage(trial, ["stack", "rename", "organization/orders/sandbox", "--stack", "sandbox"]);
      const options = ["--stack", "sandbox", "--config-file", configFile];
      for (const args of [UP, UNCHANGED]) {
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
    rows: [
      {
        change: "state of a role, its schema and its connection test lost (`pulumi state delete --target-dependents`)",
        happens: "`up` adopts role, schema and profiles' roles by their owner marks; the connection test runs again",
        stays: "everything",
      },
    ],
    run: async (trial) => {
      const urn = (await trial.program.resources()).find(({ type }) => type.endsWith(":EntraPrincipal"))?.urn ?? "";
      await manage(trial, ["state", "delete", "--yes", "--target-dependents", "--stack", "sandbox", urn]);
      const left = (await trial.program.resources()).map(({ type }) => type);
      assert.ok(!left.some((type) => type.endsWith(":SchemaAccess")), left.join());
      await succeed(trial, UP, "sandbox");
    },
  },
  {
    rows: [
      {
        change: "older state imported (`pulumi stack import`) after a schema was renamed and a role added",
        happens: "`up` finds the schema under its new name and adopts the role",
        stays: "everything",
      },
      {
        change: "server restored to a time before both",
        happens: "`up --refresh` renames the schema and creates the role again",
        stays: "what the restore brought back",
      },
    ],
    prepare: makeGroups(ANALYSTS),
    run: async (trial) => {
      const { program } = trial;
      await exportState(trial, "before.json");
      await program.ensureUp(LATER);
      await exportState(trial, "after.json");

      await importState(trial, "before.json");
      await succeed(trial, UP, "sandbox");
      await trial.holds();

      // As a restore leaves it: the server is as before, the state as after.
      await program.ensureUp(BASE);
      await importState(trial, "after.json");
      program.configure(LATER);
      await succeed(trial, [...UP, "--refresh"], "sandbox");
      await trial.holds();
      assert.equal((await trial.asService("SELECT FROM sales.item")).length, 100);
    },
  },
  {
    rows: [
      {
        change: "second stack with the same schema of the same server (`existingServerId`)",
        happens:
          "refused with the first stack's URN (EP-ACCESS-06); with a schema of its own it works beside the first",
        stays: "everything of the first stack",
      },
    ],
    prepare: makeGroups(PEOPLE),
    run: async (trial) => {
      const { program } = trial;
      await program.init("second");
      program.configure(beside(trial, "orders"));
      const { exitCode, text } = await program.pulumi(UP, {}, "second");
      assert.notEqual(exitCode, 0, text);
      assert.ok(errorsIn(text).includes("EP-ACCESS-06" satisfies ErrorCode), text);
      assert.match(text, /urn:pulumi:sandbox::/);
      assert.equal(await trial.rows(), 100);

      program.configure(beside(trial, "reports"));
      await succeed(trial, UP, "second");
      await succeed(trial, UNCHANGED, "second");
      await succeed(trial, ["destroy", "--yes", "--skip-preview", "--non-interactive"], "second");
      await manage(trial, ["stack", "rm", "--yes", "second"]);
    },
  },
];
