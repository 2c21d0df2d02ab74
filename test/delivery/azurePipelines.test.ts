import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { describe, test } from "node:test";
import { parse } from "yaml";
import { PROJECT } from "./workflows.ts";

interface Step {
  checkout?: string;
  persistCredentials?: boolean;
  script?: string;
  template?: string;
  parameters?: Record<string, unknown>;
  task?: string;
  inputs?: Record<string, unknown>;
  env?: Record<string, unknown>;
}
interface Job {
  job?: string;
  deployment?: string;
  environment?: string;
  dependsOn?: string;
  continueOnError?: boolean;
  condition?: string;
  timeoutInMinutes: number;
  steps?: Step[];
  strategy?: { runOnce: { deploy: { steps: Step[] } } };
}
interface Stage {
  stage: string;
  dependsOn: string | string[];
  condition?: string;
  /** A job that is there only sometimes stands in a list under the expression that says when. */
  jobs: (Job | Record<`\${{ ${string}`, Job[]>)[];
}

const read = (file: string) => parse(readFileSync(join(PROJECT, file), "utf8"));
const pipeline = read("azure-pipelines.yml") as {
  stages: Stage[];
  lockBehavior: string;
  variables: Record<string, unknown>[];
  schedules: { cron: string }[];
};
const steps = read("delivery/azureDevOps/steps.yml") as { steps: Step[] };
const stage = (name: string) => pipeline.stages.find((each) => each.stage === name) as Stage;
const stepsOf = (job: Job) => job.steps ?? job.strategy?.runOnce.deploy.steps ?? [];
const jobsOf = ({ jobs }: Stage) =>
  jobs.flatMap((each) =>
    "timeoutInMinutes" in each ? [each as Job] : Object.values(each as Record<string, Job[]>).flat(),
  );
const jobOf = (name: string, job: string) => jobsOf(stage(name)).find((each) => each.job === job) as Job;
const templateOf = (job: Job) => stepsOf(job).find(({ template }) => template)?.parameters;

describe("azure-pipelines.yml", () => {
  test("each job acts as the identity of its kind and runs its job of delivery", () => {
    const found = pipeline.stages.flatMap((each) =>
      jobsOf(each).flatMap((job) => {
        const { connection, job: kind, commands, ...sometimes } = templateOf(job) ?? {};
        const either = Object.values(sometimes).map((given) => (given as { commands: string }).commands);
        return connection ? [[each.stage, connection, kind, commands ?? either.join(" or ")].join(" ")] : [];
      }),
    );
    assert.deepEqual(found, [
      "validate entra-postgres-preview preview preview",
      "deploy entra-postgres-deploy deploy up",
      "drift entra-postgres-drift drift drift",
      "look entra-postgres-preview preview preview or destroy-preview",
      "look entra-postgres-drift drift drift",
      "repair entra-postgres-deploy deploy repair",
      "destroy entra-postgres-deploy destroy destroy",
    ]);
  });

  test("what changes the stack is a deployment to an environment, whose checks hold it, and has no timeout", () => {
    for (const each of pipeline.stages) {
      const { stage: name } = each;
      for (const job of jobsOf(each)) {
        const changes = templateOf(job)?.connection === "entra-postgres-deploy";
        assert.equal(job.deployment !== undefined, changes, name);
        assert.equal(
          job.environment,
          changes ? `entra-postgres-${name === "destroy" ? name : "deploy"}` : undefined,
          name,
        );
        assert.equal(job.timeoutInMinutes === 0, changes, name);
      }
    }
    assert.equal(pipeline.lockBehavior, "sequential");
  });

  test("only main changes something or is looked at for drift", () => {
    for (const name of ["deploy", "repair", "drift", "destroy"]) {
      assert.match(stage(name).condition ?? "", /eq\(variables\.isMain, 'True'\)/, name);
    }
    assert.match(stage("drift").condition ?? "", /'Schedule'/);
    assert.deepEqual(
      pipeline.schedules.map(({ cron }) => cron),
      ["17 2 * * *"],
    );
  });

  test("a run by hand has a purpose, and a stage for it: none is skipped in silence", () => {
    const manual = pipeline.stages.flatMap(({ stage: name, condition = "" }) =>
      /'Manual'/.test(condition) || !/'Build\.Reason'/.test(condition) ? [[name, condition]] : [],
    );
    const runs = (purpose: string) =>
      manual.flatMap(([name, condition = ""]) => (condition.includes(`'${purpose}'`) ? [name] : []));
    assert.deepEqual(runs("deploy"), ["validate", "deploy"]);
    assert.deepEqual(runs("repair"), ["look", "repair"]);
    assert.deepEqual(runs("destroy"), ["look", "destroy"]);
    const purpose = pipeline.variables.find(({ name }) => name === "purpose") ?? {};
    assert.deepEqual(
      Object.values(purpose)
        .slice(1)
        .map((each) => (each as { value: string }).value),
      ["destroy", "repair", "deploy"],
    );
  });

  test("what a repair or a destroy would do is seen before its approval is asked for", () => {
    for (const name of ["repair", "destroy"]) {
      assert.equal(stage(name).dependsOn, "look");
      assert.match(stage(name).condition ?? "", /^and\(succeeded\(\), /);
      assert.equal(jobsOf(stage(name)).length, 1);
    }
    assert.equal(jobOf("look", "preview").dependsOn, "confirm");
    // Drift is no failure here.
    assert.equal(jobOf("look", "drift").continueOnError, true);
    assert.equal(jobOf("look", "drift").dependsOn, "confirm");
    for (const job of jobsOf(stage("look")))
      assert.equal(job.environment, undefined, "it would ask for an approval itself");
  });

  for (const [how, env, said] of [
    ["a destroy of the stack that is delivered", {}, undefined],
    ["a destroy of another stack", { TYPED: "prod" }, /what was typed is not the name of the stack/],
    [
      "a destroy where no stack is known",
      { TYPED: "", PULUMI_STACK: "" },
      /what was typed is not the name of the stack/,
    ],
    ["a repair, for which nothing is typed", { PURPOSE: "repair", TYPED: "-" }, undefined],
    [
      "anything on another branch",
      { IS_MAIN: "False" },
      /only main is repaired or destroyed.*run it on the branch main/,
    ],
  ] as const) {
    test(`${how} is ${said === undefined ? "let through" : "refused, with the reason"}`, () => {
      const script = jobOf("look", "confirm").steps?.at(-1)?.script ?? "";
      const { status, stdout } = spawnSync("bash", ["-e", "-c", script], {
        encoding: "utf8",
        env: { PATH: process.env.PATH, PURPOSE: "destroy", IS_MAIN: "True", TYPED: "dev", PULUMI_STACK: "dev", ...env },
      });
      assert.equal(status, said === undefined ? 0 : 1, stdout);
      if (said === undefined) assert.equal(stdout, "");
      else assert.match(stdout, said);
    });
  }

  test("a fork's pull request has no preview, and the reason", () => {
    const [fork, preview] = [jobOf("validate", "fork"), jobOf("validate", "preview")];
    assert.match(fork.condition ?? "", /^eq\(variables\['System\.PullRequest\.IsFork'\], 'True'\)$/);
    assert.match(preview.condition ?? "", /ne\(variables\['System\.PullRequest\.IsFork'\], 'True'\)/);
    assert.match(fork.steps?.at(-1)?.script ?? "", /No preview for a fork/);
  });

  test("no parameter is written into a script, and a checkout leaves no token behind", () => {
    const all = [...pipeline.stages.flatMap((each) => jobsOf(each).flatMap(stepsOf)), ...steps.steps];
    for (const { script, checkout, persistCredentials } of all) {
      assert.doesNotMatch(script ?? "", /\$\{\{|\$\([\w.]+\)/, script);
      assert.ok(checkout !== "self" || persistCredentials === false);
    }
  });
});

describe("azurePipelines.sh", () => {
  /** Runs the script with programs in place of the real ones that write down how they are called, and with what. */
  function run(args: string[], node = "") {
    const folder = mkdtempSync(join(tmpdir(), "pipeline-"));
    const bin = join(folder, "bin");
    mkdirSync(bin);
    const log = join(folder, "log");
    const program = (name: string, text: string) => {
      writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
      chmodSync(join(bin, name), 0o755);
    };
    program("az", "echo the-subscription");
    program(
      "node",
      `COMMAND=$*
       echo "$ARM_CLIENT_ID $ARM_TENANT_ID $ARM_SUBSCRIPTION_ID \${idToken:-} $*" >> ${log}
       while [ $# -gt 0 ]; do if [ "$1" = --summary ]; then echo text > "$2"; fi; shift; done
       ${node}`,
    );
    const result = spawnSync("bash", [join(PROJECT, "delivery/azureDevOps/runJob.sh"), ...args], {
      cwd: folder,
      encoding: "utf8",
      env: {
        PATH: [bin, process.env.PATH].join(delimiter),
        servicePrincipalId: "the-client",
        tenantId: "the-tenant",
        idToken: "an-assertion",
        AGENT_TEMPDIRECTORY: folder,
        PULUMI_STACK: "dev",
      },
    });
    const calls = readFileSync(log, "utf8").trim().split("\n");
    rmSync(folder, { recursive: true });
    return { ...result, calls, folder };
  }

  const IDENTITY = "the-client the-tenant the-subscription  ";
  const KEPT = `${IDENTITY}delivery/federatedToken/main.ts -- node delivery/main.ts`;

  test("checks, then runs the command with an assertion that is kept fresh; the task's own is gone", () => {
    const { status, calls, stdout, folder } = run(["deploy", "up"]);
    assert.equal(status, 0);
    assert.deepEqual(calls, [
      `${IDENTITY}delivery/main.ts check-variables deploy`,
      `${KEPT} up --stack dev --summary ${folder}/delivery/1-up.md`,
    ]);
    assert.equal(stdout, `##vso[task.uploadsummary]${folder}/delivery/1-up.md\n`);
  });

  test("several commands run in their order, each with a summary of its own", () => {
    const { calls, stdout, folder } = run(["destroy", "destroy-preview", "destroy"]);
    assert.deepEqual(calls.slice(1), [
      `${KEPT} destroy-preview --stack dev --summary ${folder}/delivery/1-destroy-preview.md`,
      `${KEPT} destroy --stack dev --summary ${folder}/delivery/2-destroy.md`,
    ]);
    assert.deepEqual(
      stdout
        .trim()
        .split("\n")
        .map((line) => line.replace(`##vso[task.uploadsummary]${folder}/delivery/`, "")),
      ["1-destroy-preview.md", "2-destroy.md"],
    );
  });

  test("a variable that is missing ends it before anything runs", () => {
    const { status, calls } = run(["deploy", "up"], 'case "$COMMAND" in *check-variables*) exit 1;; esac');
    assert.deepEqual([status, calls.length], [1, 1]);
  });

  test("a failure ends it, with its exit code, and the summaries are still shown", () => {
    const { status, calls, stdout } = run(["drift", "drift", "destroy"], "[ ! -s delivery/1-drift.md ] || exit 7");
    assert.equal(status, 7);
    assert.equal(calls.length, 2);
    assert.match(stdout, /uploadsummary/);
  });
});
