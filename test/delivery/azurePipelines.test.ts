import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { parse } from "yaml";
import { PROJECT } from "./workflows.ts";

interface Step {
  checkout?: string;
  persistCredentials?: boolean;
  script?: string;
  template?: string;
  parameters?: Record<string, unknown>;
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
  /** A job that exists only under a condition is in a list whose key is that condition. */
  jobs: (Job | Record<`\${{ ${string}`, Job[]>)[];
}

const text = readFileSync(join(PROJECT, "azure-pipelines.yml"), "utf8");
const pipeline = parse(text.replaceAll(["$", "{{ variables.prefix }}-"].join(""), "")) as {
  stages: Stage[];
  lockBehavior: string;
};
const steps = parse(readFileSync(join(PROJECT, "delivery/azureDevOps/steps.yml"), "utf8")) as { steps: Step[] };
const stage = (name: string) => pipeline.stages.find((each) => each.stage === name) as Stage;
const stepsOf = (job: Job) => job.steps ?? job.strategy?.runOnce.deploy.steps ?? [];
const jobsOf = ({ jobs }: Stage) =>
  jobs.flatMap((each) =>
    "timeoutInMinutes" in each ? [each as Job] : Object.values(each as Record<string, Job[]>).flat(),
  );
const jobOf = (name: string, job: string) => jobsOf(stage(name)).find((each) => each.job === job) as Job;
const templateOf = (job: Job) => stepsOf(job).find(({ template }) => template)?.parameters;

describe("azure-pipelines.yml", () => {
  test("only the variable `prefix` names the project", () => {
    assert.equal(text.match(/entra-postgres/g)?.length, 1);
  });

  test("a job that changes the stack has an environment and no timeout", () => {
    for (const each of pipeline.stages) {
      for (const { deployment, environment, timeoutInMinutes, ...job } of jobsOf(each)) {
        const changes = templateOf({ timeoutInMinutes, ...job })?.connection === "deploy";
        const expected = each.stage === "destroy" ? "destroy" : "deploy";
        assert.equal(environment, changes ? expected : undefined, each.stage);
        assert.deepEqual([deployment !== undefined, timeoutInMinutes === 0], [changes, changes], each.stage);
      }
    }
    assert.equal(pipeline.lockBehavior, "sequential");
  });

  test("each stage but validate and look runs on main only", () => {
    for (const { stage: name, condition = "" } of pipeline.stages) {
      assert.equal(/eq\(variables\.isMain, 'True'\)/.test(condition), !["validate", "look"].includes(name), name);
    }
  });

  test("a repair and a destroy are previewed before their approval", () => {
    for (const name of ["repair", "destroy"]) {
      assert.equal(stage(name).dependsOn, "look");
      assert.match(stage(name).condition ?? "", /^and\(succeeded\(\), /);
      assert.equal(jobsOf(stage(name)).length, 1);
    }
    for (const name of ["preview", "drift"]) assert.equal(jobOf("look", name).dependsOn, "confirm");
    assert.equal(jobOf("look", "drift").continueOnError, true, "drift is no failure here");
  });

  for (const [what, env, refusal] of [
    ["a destroy with the name of the stack starts", {}, undefined],
    ["a destroy with another name is refused", { TYPED: "prod" }, /typed name is not the name/],
    ["a destroy without a known stack is refused", { TYPED: "", PULUMI_STACK: "" }, /typed name is not the name/],
    ["a repair starts without a name", { PURPOSE: "repair", TYPED: "-" }, undefined],
    ["another branch than main is refused", { IS_MAIN: "False" }, /only main is repaired.*on the branch main/],
  ] as const) {
    test(what, () => {
      const script = jobOf("look", "confirm").steps?.at(-1)?.script ?? "";
      const { status, stdout } = spawnSync("bash", ["-e", "-c", script], {
        encoding: "utf8",
        env: { PATH: process.env.PATH, PURPOSE: "destroy", IS_MAIN: "True", TYPED: "dev", PULUMI_STACK: "dev", ...env },
      });
      assert.equal(status, refusal === undefined ? 0 : 1, stdout);
      assert.match(stdout, refusal ?? /^$/);
    });
  }

  test("a pull request from a fork has no preview and says why", () => {
    const [fork, preview] = [jobOf("validate", "fork"), jobOf("validate", "preview")];
    assert.match(fork.condition ?? "", /^eq\(variables\['System\.PullRequest\.IsFork'\], 'True'\)$/);
    assert.match(preview.condition ?? "", /ne\(variables\['System\.PullRequest\.IsFork'\], 'True'\)/);
    assert.match(fork.steps?.at(-1)?.script ?? "", /No preview for a fork/);
  });

  test("no script contains a parameter, and no checkout keeps its token", () => {
    const all = [...pipeline.stages.flatMap((each) => jobsOf(each).flatMap(stepsOf)), ...steps.steps];
    for (const { script, checkout, persistCredentials } of all) {
      assert.doesNotMatch(script ?? "", /\$\{\{|\$\([\w.]+\)/, script);
      assert.ok(checkout !== "self" || persistCredentials === false);
    }
  });
});
