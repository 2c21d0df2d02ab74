import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { DELIVERY_JOBS } from "../../delivery/jobs.ts";
import { PINNED_VERSION } from "../../tools/pulumi/choose.ts";
import { findActionlint, lintWorkflows } from "./actionlint.ts";
import { ACTIONS, ALL_JOBS, PROJECT, scriptOf, WORKFLOWS, type WorkflowJob, workflow } from "./workflows.ts";

/** An expression as a workflow has it. */
const EXPRESSION = (inner: string) => ["$", "{{ ", inner, " }}"].join("");
const hasIdentity = ({ permissions }: WorkflowJob) => permissions?.["id-token"] === "write";
/** Jobs that change the stack. */
const changes = ({ environment }: WorkflowJob) => environment === "deploy" || environment === "destroy";

/** What jobs without an identity may write on GitHub. */
const WRITES: Record<string, string[]> = {
  comment: ["pull-requests"],
  report: ["issues"],
  notes: ["contents"],
  record: ["contents", "pull-requests"],
};

describe("actionlint", () => {
  /** A folder with these workflows and, as a folder with .git, the project's settings for actionlint. */
  function project(context: TestContext, workflows: Record<string, string>): string {
    const folder = mkdtempSync(join(tmpdir(), "workflow-"));
    context.after(() => rmSync(folder, { recursive: true }));
    for (const name of [".git", ".github/workflows"]) mkdirSync(join(folder, name), { recursive: true });
    cpSync(join(PROJECT, ".github/actionlint.yaml"), join(folder, ".github/actionlint.yaml"));
    for (const [name, job] of Object.entries(workflows)) {
      const text = `on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n${job}`;
      writeFileSync(join(folder, `.github/workflows/${name}.yml`), text);
    }
    return folder;
  }

  test("accepts the workflows and refuses a broken one", (context) => {
    assert.equal(lintWorkflows(findActionlint(), PROJECT), "");
    const broken = `    steps:\n      - run: echo ${EXPRESSION("github.evnt.x")}\n`;
    const output = lintWorkflows(findActionlint(), project(context, { broken }));
    assert.match(output, /broken\.yml:6:\d+: property "evnt" is not defined/);
  });

  test("ignores `queue` in deploy and destroy and nothing else", (context) => {
    const keys = Object.entries({ deploy: "queue", destroy: "queu", drift: "queue" });
    const workflows = keys.map(([file, key]) => {
      const job = `    concurrency:\n      group: a\n      ${key}: max\n    steps:\n      - run: "true"\n`;
      return [file, job];
    });
    const output = lintWorkflows(findActionlint(), project(context, Object.fromEntries(workflows)));
    const complaints = output
      .split("\n")
      .map((line) => /workflows\/(\w+)\.yml:7:\d+: unexpected key "(\w+)"/.exec(line)?.slice(1).join(" "));
    assert.deepEqual(complaints, ["destroy queu", "drift queue"]);
  });

  test("that is missing and cannot be built fails with the reason", () => {
    assert.throws(() => findActionlint("/nowhere"), /Go 1\.25 or newer .* could not build actionlint: .*ENOENT/);
  });
});

describe("each action", () => {
  const uses = [...WORKFLOWS, ...ACTIONS].flatMap(({ path, text }) =>
    [...text.matchAll(/^(.*)\n\s*(?:- )?uses: ([\w.-]+\/[^\s@]+)@(.*)$/gm)].map(
      ([, above = "", action = "", pin = ""]) => ({
        path: `${path}: ${action}`,
        above,
        action,
        pin,
      }),
    ),
  );

  test("is pinned by its SHA, with its version and a public workflow that uses the same SHA", () => {
    assert.ok(uses.length >= WORKFLOWS.length);
    for (const { path, above, pin } of uses) {
      assert.match(pin, /^[0-9a-f]{40} # v\d+\.\d+\.\d+$/, path);
      assert.match(above, /# SHA as in [\w.-]+\/[\w.-]+, \.github\/workflows\/[\w.-]+\.ya?ml$/, path);
    }
  });

  test("has one SHA everywhere", () => {
    const pins = Map.groupBy(uses, ({ action }) => action);
    for (const [action, all] of pins) assert.equal(new Set(all.map(({ pin }) => pin)).size, 1, action);
  });

  test("that installs the Pulumi CLI installs the pinned version; a checkout keeps no token", () => {
    const steps = [...WORKFLOWS, ...ACTIONS].flatMap(({ jobs }) => Object.values(jobs).flatMap((job) => job.steps));
    for (const { uses = "", with: options } of steps) {
      if (uses.startsWith("pulumi/actions@")) assert.equal(options?.["pulumi-version"], PINNED_VERSION);
      if (uses.startsWith("actions/checkout@")) assert.equal(options?.["persist-credentials"], false);
    }
  });
});

describe("each workflow", () => {
  for (const { path, on, permissions, text, jobs } of [...WORKFLOWS, ...ACTIONS]) {
    test(`${path} uses no stored secret and no text from outside in a shell`, () => {
      assert.doesNotMatch(text, /\bsecrets\s*[.[:]/);
      for (const job of Object.values(jobs)) assert.doesNotMatch(scriptOf(job), /\$\{\{/);
    });

    if (on === undefined) continue;
    test(`${path} gives no permission to all jobs, a reason to each, and runs no pull request as main`, () => {
      assert.deepEqual(permissions, {});
      for (const [line] of text.matchAll(/^ {6}[\w-]+: (?:read|write)\b.*$/gm)) assert.match(line, / # to \w/);
      for (const event of ["pull_request_target", "workflow_run", "issue_comment"]) assert.ok(!(event in on), event);
    });
  }

  test("deploys, destroys, probes or looks for drift on main only", () => {
    for (const name of ["deploy", "drift", "destroy", "probe"]) {
      for (const job of Object.values(workflow(name).jobs)) {
        assert.ok(job.needs !== undefined || job.if === "github.ref == 'refs/heads/main'", name);
      }
    }
  });
});

describe("each job", () => {
  for (const { name, job, file } of ALL_JOBS) {
    if (name.endsWith("release.yml, publish")) {
      test(`${name} has an identity on npm alone: it is bound to an environment and writes nothing on GitHub`, () => {
        assert.deepEqual(job.permissions, { contents: "read", "id-token": "write" });
        assert.equal(job.environment, "release");
        assert.ok(!job.steps.some(({ uses }) => uses === "./.github/actions/ready"));
      });
    } else if (hasIdentity(job)) {
      test(`${name} has an identity: it is bound to an environment and writes nothing on GitHub`, () => {
        assert.deepEqual(job.permissions, { contents: "read", "id-token": "write" });
        const login = job.steps.find(({ uses }) => uses === "./.github/actions/ready");
        assert.equal(login?.with?.job, job.environment);
        assert.match(job.concurrency?.group ?? "", /\$\{\{ vars\.PULUMI_STACK \}\}/);
        assert.equal(job.concurrency?.["cancel-in-progress"], false);
      });
    } else {
      test(`${name} has no identity: it logs in nowhere, writes only what its name says, and has a timeout`, () => {
        assert.equal(job.environment, undefined);
        assert.ok(!job.steps.some(({ uses }) => uses === "./.github/actions/ready"));
        const writes = Object.entries(job.permissions ?? {}).filter(([, access]) => access === "write");
        const allowed = WRITES[name.split(", ")[1] ?? ""] ?? [];
        assert.deepEqual(
          writes.map(([what]) => what),
          allowed,
        );
        assert.ok((job["timeout-minutes"] ?? Number.POSITIVE_INFINITY) <= 90);
      });
    }

    test(`${name} ${changes(job) ? "waits for its turn and is never killed" : "does not hold up what changes the stack"}`, () => {
      const group = job.concurrency?.group ?? file.concurrency?.group ?? "";
      assert.equal(group === `pulumi-${EXPRESSION("vars.PULUMI_STACK")}`, changes(job), group);
      assert.notEqual(group, "");
      if (changes(job)) assert.equal(job["timeout-minutes"], undefined);
      if (/\/(deploy|destroy)\.yml$/.test(file.path)) assert.equal(job.concurrency?.queue, "max");
    });
  }
});

describe("what the workflows run", () => {
  test("each job of delivery is run by a workflow", () => {
    const scripts = ALL_JOBS.map(({ job }) => scriptOf(job)).join("\n");
    const commands = scripts.matchAll(/delivery\/main\.ts ([\w-]+) --stack "\$PULUMI_STACK" --summary/g);
    assert.deepEqual([...new Set([...commands].map(([, command]) => command))].sort(), [...DELIVERY_JOBS].sort());
  });

  test("a fork has tests and a notice, but no job with an identity", () => {
    const isOwn = "github.event.pull_request.head.repo.full_name == github.repository";
    for (const [name, job] of Object.entries(workflow("pull-request").jobs)) {
      if (name === "test") assert.equal(job.if, undefined);
      else assert.ok(job.if?.includes(name === "fork" ? isOwn.replace("==", "!=") : isOwn), name);
    }
  });

  test("deploy stops an older commit, and what preflight finds, before the update", () => {
    const script = scriptOf(workflow("deploy").jobs.deploy as WorkflowJob);
    assert.match(script, /newest-commit[\s\S]*preflight\/main\.ts --stack[\s\S]* up --stack[\s\S]* repair --stack/);
  });

  test("a job that changes the stack needs its preview; drift does not stop a repair, an error does", () => {
    for (const { name, job } of ALL_JOBS.filter(({ job }) => changes(job))) {
      assert.ok([job.needs].flat().includes("preview"), name);
    }
    const { look, deploy } = workflow("deploy").jobs;
    assert.equal(deploy?.if, EXPRESSION("!cancelled() && needs.preview.result == 'success'"));
    const script = look?.steps.at(-1)?.run ?? "";
    for (const [code, wanted] of Object.entries({ 0: 0, 7: 0, 1: 1 })) {
      const { status } = spawnSync("bash", ["-e", "-c", `node() { return ${code}; }\n${script}`]);
      assert.equal(status, wanted, `drift ended with ${code}`);
    }
  });

  test("a probe refuses a stack with resources before it changes anything, and destroys its own in any case", () => {
    const { steps } = workflow("probe").jobs.probe as WorkflowJob;
    const at = (text: string) => steps.findIndex(({ run = "" }) => run.includes(text));
    const order = ["pulumi stack export", " up --stack", "ledger/main.ts", " drift --stack", " destroy --stack"].map(
      at,
    );
    assert.deepEqual(
      order,
      order.toSorted((one, other) => one - other),
    );
    assert.ok(!order.includes(-1));
    assert.equal(steps.at(-1)?.if, EXPRESSION("always() && steps.empty.outcome == 'success'"));
    const script = steps[order[0] ?? 0]?.run ?? "";
    const state = (type: string) => JSON.stringify({ deployment: { resources: [{ type }] } });
    for (const [exported, wanted] of [
      ["{}", 0],
      [state("pulumi:pulumi:Stack"), 0],
      [state("azure-native:resources:ResourceGroup"), 1],
    ] as const) {
      const { status } = spawnSync("bash", ["-e", "-c", `pulumi() { echo '${exported}'; }\n${script}`]);
      assert.equal(status, wanted, exported);
    }
    const probe = steps[order[2] ?? 0]?.run ?? "";
    for (const [code, wanted] of Object.entries({ 0: 0, 7: 0, 1: 1 })) {
      const { status } = spawnSync("bash", ["-e", "-c", `node() { return ${code}; }\n${probe}`]);
      assert.equal(status, wanted, `the probe ended with ${code}`);
    }
  });

  test("a destroy compares the typed name with the stack's", () => {
    const script = scriptOf(workflow("destroy").jobs.confirm as WorkflowJob);
    for (const [TYPED, PULUMI_STACK, wanted] of [
      ["dev", "dev", 0],
      ["prod", "dev", 1],
      ["", "", 1],
    ] as const) {
      const { PATH } = process.env;
      assert.equal(spawnSync("bash", ["-e", "-c", script], { env: { PATH, TYPED, PULUMI_STACK } }).status, wanted);
    }
  });

  test("a preview names the commit that was pushed, not the merge that GitHub tests", () => {
    const commits = [...workflow("pull-request").text.matchAll(/ COMMIT: (.*)/g)].map(([, value]) => value);
    assert.deepEqual([...new Set(commits)], [EXPRESSION("github.event.pull_request.head.sha")]);
  });
});
