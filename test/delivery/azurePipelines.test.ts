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
  condition?: string;
  timeoutInMinutes: number;
  steps?: Step[];
  strategy?: { runOnce: { deploy: { steps: Step[] } } };
}
interface Stage {
  stage: string;
  dependsOn: string | string[];
  condition?: string;
  jobs: Job[];
}

const read = (file: string) => parse(readFileSync(join(PROJECT, file), "utf8"));
const pipeline = read("azure-pipelines.yml") as {
  stages: Stage[];
  lockBehavior: string;
  schedules: { cron: string }[];
};
const steps = read("tools/delivery/azure-pipelines-steps.yml") as { steps: Step[] };
const stage = (name: string) => pipeline.stages.find((each) => each.stage === name) as Stage;
const stepsOf = (job: Job) => job.steps ?? job.strategy?.runOnce.deploy.steps ?? [];
const templateOf = (job: Job) => stepsOf(job).find(({ template }) => template)?.parameters;

describe("azure-pipelines.yml", () => {
  test("each job acts as the identity of its kind and runs its job of delivery", () => {
    const found = pipeline.stages.flatMap((each) =>
      each.jobs.flatMap((job) => {
        const { connection, job: kind, commands } = templateOf(job) ?? {};
        return connection ? [[each.stage, connection, kind, commands].join(" ")] : [];
      }),
    );
    assert.deepEqual(found, [
      "validate entra-postgres-preview preview preview",
      "deploy entra-postgres-deploy deploy up",
      "repair entra-postgres-deploy deploy repair",
      "drift entra-postgres-drift drift drift",
      "destroy entra-postgres-deploy destroy destroy-preview destroy",
    ]);
  });

  test("what changes the stack is a deployment to an environment, whose checks hold it, and has no timeout", () => {
    for (const { stage: name, jobs } of pipeline.stages) {
      for (const job of jobs) {
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

  test("only main changes something or is looked at, and each stage has its reason to run", () => {
    for (const name of ["deploy", "repair", "drift", "confirm"]) {
      assert.match(stage(name).condition ?? "", /eq\(variables\.isMain, 'True'\)/, name);
    }
    assert.match(stage("drift").condition ?? "", /'Schedule'/);
    assert.match(stage("confirm").condition ?? "", /'Manual'/);
    assert.equal(stage("destroy").dependsOn, "confirm");
    assert.equal(stage("destroy").condition, undefined, "a condition would replace the one that confirm succeeded");
    assert.deepEqual(
      pipeline.schedules.map(({ cron }) => cron),
      ["17 2 * * *"],
    );
  });

  test("a fork's pull request has no preview, and the reason", () => {
    const [, fork, preview] = stage("validate").jobs;
    assert.match(fork?.condition ?? "", /^eq\(variables\['System\.PullRequest\.IsFork'\], 'True'\)$/);
    assert.match(preview?.condition ?? "", /ne\(variables\['System\.PullRequest\.IsFork'\], 'True'\)/);
    assert.match(fork?.steps?.at(-1)?.script ?? "", /No preview for a fork/);
  });

  test("no parameter is written into a script, and a checkout leaves no token behind", () => {
    const all = [...pipeline.stages.flatMap(({ jobs }) => jobs.flatMap(stepsOf)), ...steps.steps];
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
    const result = spawnSync("bash", [join(PROJECT, "tools/delivery/azurePipelines.sh"), ...args], {
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
  const KEPT = `${IDENTITY}tools/federatedToken/main.ts -- node tools/delivery/main.ts`;

  test("checks, then runs the command with an assertion that is kept fresh; the task's own is gone", () => {
    const { status, calls, stdout, folder } = run(["deploy", "up"]);
    assert.equal(status, 0);
    assert.deepEqual(calls, [
      `${IDENTITY}tools/delivery/main.ts check-variables deploy`,
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
