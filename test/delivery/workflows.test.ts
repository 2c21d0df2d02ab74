import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { findActionlint, lintWorkflows, workflowFiles } from "../../delivery/actionlint/actionlint.ts";
import { JOBS as DELIVERY } from "../../delivery/jobs.ts";
import { PINNED_VERSION } from "../../tools/pulumi/choose.ts";
import { ACTIONS, ALL_JOBS, PROJECT, scriptOf, WORKFLOWS, workflow } from "./workflows.ts";

/** Jobs that act as somebody, by what they may ask for. */
const WITH_IDENTITY = ALL_JOBS.filter(({ job }) => job.permissions?.["id-token"] === "write");
/** An expression as a workflow has it. */
const EXPRESSION = (inner: string) => ["$", "{{ ", inner, " }}"].join("");
const IDENTITY_STEP = "./.github/actions/ready";

describe("actionlint", () => {
  /** @returns its path; undefined where the test is skipped without it */
  async function actionlint(context: TestContext): Promise<string | undefined> {
    const found = await findActionlint({ log: (line) => context.diagnostic(line) });
    if (!("reason" in found)) return found.path;
    if (process.env.CI) throw new Error(found.reason);
    context.skip(found.reason);
    return undefined;
  }

  test("finds nothing to say about the workflows, and something about a broken one", async (context) => {
    const path = await actionlint(context);
    if (path === undefined) return;
    assert.deepEqual(lintWorkflows(path, workflowFiles(PROJECT), PROJECT), { clean: true, output: "" });

    const folder = mkdtempSync(join(tmpdir(), "workflow-"));
    context.after(() => rmSync(folder, { recursive: true }));
    mkdirSync(join(folder, ".github/workflows"), { recursive: true });
    const broken = `on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: echo ${EXPRESSION("github.evnt.x")}\n`;
    writeFileSync(join(folder, ".github/workflows/broken.yml"), broken);
    const { clean, output } = lintWorkflows(path, workflowFiles(folder), folder);
    assert.equal(clean, false);
    assert.match(output, /broken\.yml:6:\d+: property "evnt" is not defined/);
  });

  test("what it is told to overlook is `queue` where it is wanted, and nothing beside it", async (context) => {
    const path = await actionlint(context);
    if (path === undefined) return;
    const folder = mkdtempSync(join(tmpdir(), "workflow-"));
    context.after(() => rmSync(folder, { recursive: true }));
    // It takes a folder with .git for a project, whose settings count.
    for (const name of [".git", ".github/workflows"]) mkdirSync(join(folder, name), { recursive: true });
    cpSync(join(PROJECT, ".github/actionlint.yaml"), join(folder, ".github/actionlint.yaml"));
    for (const [file, key] of [
      ["deploy", "queue"],
      ["destroy", "queu"],
      ["drift", "queue"],
    ]) {
      const job = `    runs-on: ubuntu-24.04\n    concurrency:\n      group: a\n      ${key}: max\n    steps:\n      - run: "true"\n`;
      writeFileSync(join(folder, `.github/workflows/${file}.yml`), `on: push\njobs:\n  a:\n${job}`);
    }
    const { output } = lintWorkflows(path, workflowFiles(folder), folder);
    assert.deepEqual(
      output.split("\n").map((line) => /workflows\/(\w+)\.yml:7:\d+: unexpected key "(\w+)"/.exec(line)?.slice(1)),
      [
        ["destroy", "queu"],
        ["drift", "queue"],
      ],
    );
  });
});

describe("actions", () => {
  for (const { path, text } of [...WORKFLOWS, ...ACTIONS]) {
    test(`${path}: each is pinned by its SHA, with the version and a public workflow where that SHA stands`, () => {
      const lines = text.split("\n");
      for (const [index, line] of lines.entries()) {
        const uses = /^\s*(?:- )?uses: (\S+)(.*)$/.exec(line);
        if (!uses || uses[1]?.startsWith("./")) continue;
        assert.match(uses[1] ?? "", /^[\w.-]+\/[\w./-]+@[0-9a-f]{40}$/, line);
        assert.match(uses[2] ?? "", /^ # v\d+\.\d+\.\d+$/, line);
        const above = lines.slice(Math.max(0, index - 2), index).join("\n");
        assert.match(above, /# SHA as in [\w.-]+\/[\w.-]+, \.github\/workflows\/[\w.-]+\.ya?ml$/m, line);
      }
    });
  }

  test("one action has one SHA everywhere", () => {
    const pins = new Map<string, string>();
    for (const { text } of [...WORKFLOWS, ...ACTIONS]) {
      for (const [, action = "", sha = ""] of text.matchAll(/uses: ([\w./-]+)@(\S+)/g)) {
        assert.equal(pins.get(action) ?? sha, sha, action);
        pins.set(action, sha);
      }
    }
    assert.ok(pins.size >= 3, [...pins.keys()].join(", "));
  });

  test("the Pulumi CLI is of the version that is pinned for all", () => {
    const steps = [...WORKFLOWS, ...ACTIONS]
      .flatMap(({ jobs }) => Object.values(jobs).flatMap((job) => job.steps))
      .filter(({ uses }) => uses?.startsWith("pulumi/actions@"));
    assert.ok(steps.length >= 2);
    for (const step of steps) assert.equal(step.with?.["pulumi-version"], PINNED_VERSION);
  });

  test("a checkout leaves no token behind", () => {
    const checkouts = ALL_JOBS.flatMap(({ job }) => job.steps).filter(({ uses }) =>
      uses?.startsWith("actions/checkout@"),
    );
    assert.ok(checkouts.length >= WORKFLOWS.length);
    for (const step of checkouts) assert.equal(step.with?.["persist-credentials"], false);
  });
});

describe("permissions", () => {
  /** What each job may, with why in docs/delivery.md. One that is not here may nothing. */
  const MAY: Record<string, Record<string, string>> = {
    ".github/workflows/clients.yml, clients": { contents: "read" },
    ".github/workflows/pull-request.yml, test": { contents: "read" },
    ".github/workflows/pull-request.yml, preview": { contents: "read", "id-token": "write" },
    ".github/workflows/pull-request.yml, comment": { contents: "read", "pull-requests": "write" },
    ".github/workflows/deploy.yml, preview": { contents: "read", "id-token": "write" },
    ".github/workflows/deploy.yml, look": { contents: "read", "id-token": "write" },
    ".github/workflows/deploy.yml, deploy": { contents: "read", "id-token": "write" },
    ".github/workflows/drift.yml, look": { contents: "read", "id-token": "write" },
    ".github/workflows/drift.yml, report": { contents: "read", issues: "write" },
    ".github/workflows/destroy.yml, preview": { contents: "read", "id-token": "write" },
    ".github/workflows/destroy.yml, destroy": { contents: "read", "id-token": "write" },
  };

  test("a workflow gives none, and each job what the list says", () => {
    for (const { path, permissions } of WORKFLOWS) assert.deepEqual(permissions, {}, path);
    for (const { name, job } of ALL_JOBS) assert.deepEqual(job.permissions, MAY[name] ?? {}, name);
  });

  test("each is given with its reason", () => {
    for (const { path, text } of WORKFLOWS) {
      const given = [...text.matchAll(/^ {6}[\w-]+: (?:read|write)\b.*$/gm)];
      assert.ok(given.length > 0, path);
      for (const [line] of given) assert.match(line, / # to \w/, path);
    }
  });

  test("what acts as somebody, and so runs the program, can write nothing on GitHub", () => {
    for (const { name, job } of WITH_IDENTITY) {
      const { "id-token": _, ...others } = job.permissions ?? {};
      assert.deepEqual(others, { contents: "read" }, name);
    }
  });

  test("who has an identity has it from an environment, and who has none logs in nowhere", () => {
    assert.equal(WITH_IDENTITY.length, 7);
    for (const { name, job } of ALL_JOBS) {
      const step = job.steps.find(({ uses }) => uses === IDENTITY_STEP);
      assert.equal(step !== undefined, job.permissions?.["id-token"] === "write", name);
      assert.equal(job.environment, step?.with?.job, name);
    }
  });

  test("no stored secret is used, and none is passed on", () => {
    for (const { path, text } of [...WORKFLOWS, ...ACTIONS]) assert.doesNotMatch(text, /\bsecrets\s*[.[:]/, path);
  });
});

describe("what a pull request can do", () => {
  test("no workflow runs its code with the rights of main", () => {
    for (const { path, on } of WORKFLOWS) {
      for (const event of ["pull_request_target", "workflow_run", "issue_comment"]) {
        assert.ok(!Object.keys(on).includes(event), `${path}: ${event}`);
      }
    }
  });

  test("a fork's gets tests, no preview, and the reason", () => {
    const { test: tests, preview, comment, fork } = workflow("pull-request").jobs;
    const isOwn = "github.event.pull_request.head.repo.full_name == github.repository";
    assert.equal(tests?.if, undefined);
    assert.equal(preview?.if, isOwn);
    assert.equal(comment?.if, EXPRESSION(`!cancelled() && ${isOwn}`));
    assert.equal(fork?.if, "github.event.pull_request.head.repo.full_name != github.repository");
    assert.match(scriptOf(fork as NonNullable<typeof fork>), /::notice title=.*fork.*GITHUB_STEP_SUMMARY/s);
  });

  test("only main is deployed, destroyed and looked at for drift", () => {
    for (const [file, first] of [
      ["deploy", "preview"],
      ["drift", "look"],
      ["destroy", "confirm"],
    ] as const) {
      const { jobs } = workflow(file);
      assert.equal(jobs[first]?.if, "github.ref == 'refs/heads/main'", file);
      for (const [name, job] of Object.entries(jobs)) assert.ok(name === first || job.needs !== undefined, name);
    }
  });

  test("nothing is written into a shell: what comes from outside comes as a variable", () => {
    for (const { path, jobs } of [...WORKFLOWS, ...ACTIONS]) {
      for (const { run, name } of Object.values(jobs).flatMap((job) => job.steps)) {
        assert.doesNotMatch(run ?? "", /\$\{\{/, `${path}, ${name ?? run}`);
      }
    }
  });
});

describe("one stack, one run", () => {
  test("what changes the stack waits for its turn and is never cancelled", () => {
    const changing = ALL_JOBS.filter(({ job }) => job.environment === "deploy" || job.environment === "destroy");
    assert.equal(changing.length, 2);
    for (const { name, job } of changing) {
      assert.deepEqual(
        job.concurrency,
        { group: `pulumi-${EXPRESSION("vars.PULUMI_STACK")}`, "cancel-in-progress": false, queue: "max" },
        name,
      );
      assert.equal(job["timeout-minutes"], undefined, `${name}: a timeout would kill it in the middle`);
    }
  });

  test("no job of a run that a push could drop gives its place to a newer one", () => {
    for (const { name, job } of ALL_JOBS.filter(({ file }) => /\/(deploy|destroy)\.yml$/.test(file.path))) {
      assert.equal(job.concurrency?.queue, "max", name);
    }
  });

  test("nothing else is in that group, where it would hold up a deployment", () => {
    for (const { name, job, file } of ALL_JOBS) {
      if (job.environment === "deploy" || job.environment === "destroy") continue;
      assert.doesNotMatch(`${job.concurrency?.group ?? file.concurrency?.group}`, /^(undefined|pulumi-)/, name);
    }
  });

  test("each job with an identity has a group with the stack in it, and is not cancelled", () => {
    for (const { name, job } of WITH_IDENTITY) {
      assert.match(job.concurrency?.group ?? "", /\$\{\{ vars\.PULUMI_STACK \}\}/, name);
      assert.equal(job.concurrency?.["cancel-in-progress"], false, name);
    }
  });

  test("jobs that run no Pulumi end by a timeout", () => {
    for (const { name, job } of ALL_JOBS) {
      if (job.permissions?.["id-token"] === "write") continue;
      assert.ok((job["timeout-minutes"] ?? Number.POSITIVE_INFINITY) <= 90, name);
    }
  });
});

describe("what they run", () => {
  const DELIVER = /node delivery\/main\.ts ([\w-]+) --stack "\$PULUMI_STACK" --summary "\$GITHUB_STEP_SUMMARY"/g;

  test("the job of its name in delivery", () => {
    for (const [file, name, command] of [
      ["pull-request", "preview", "preview"],
      ["deploy", "preview", "preview"],
      ["deploy", "look", "drift"],
      ["deploy", "deploy", "up"],
      ["deploy", "deploy", "repair"],
      ["drift", "look", "drift"],
      ["destroy", "preview", "destroy-preview"],
      ["destroy", "destroy", "destroy"],
    ] as const) {
      const job = workflow(file).jobs[name];
      assert.ok(job, file);
      const commands = [...scriptOf(job).matchAll(DELIVER)].map(([, command]) => command);
      assert.ok(commands.includes(command), `${file}, ${name}: ${commands.join(", ") || "nothing"}`);
    }
  });

  test("a deployment is an update, or where a person asked for it a repair", () => {
    const steps = workflow("deploy").jobs.deploy?.steps.filter(
      ({ run }) => run?.includes("main.ts") && run.includes("--stack"),
    );
    assert.deepEqual(
      steps?.map(({ name, if: condition }) => [name, condition]),
      [
        ["up", EXPRESSION("!inputs.refresh")],
        ["repair", "inputs.refresh"],
      ],
    );
  });

  test("a run that would bring an older program back is stopped before the update", () => {
    const steps = workflow("deploy").jobs.deploy?.steps ?? [];
    const place = (command: string) => steps.findIndex(({ run }) => run?.includes(`main.ts ${command}`));
    assert.ok(place("newest-commit") > 0 && place("newest-commit") < place("up") && place("up") < place("repair"));
    assert.equal(steps[place("newest-commit")]?.if, undefined);
  });

  test("a repair shows what it would put right before it asks for approval, and a look that fails does not stop it", () => {
    const { look, deploy } = workflow("deploy").jobs;
    assert.deepEqual([look?.if, look?.environment, look?.needs], ["inputs.refresh", "drift", "preview"]);
    assert.deepEqual(deploy?.needs, ["preview", "look"]);
    assert.equal(deploy?.if, EXPRESSION("!cancelled() && needs.preview.result == 'success'"));
    const script = look?.steps.at(-1)?.run ?? "";
    for (const [code, wanted] of [
      [0, 0],
      [7, 0],
      [1, 1],
    ]) {
      const { status } = spawnSync("bash", ["-e", "-c", `node() { return ${code}; }\n${script}`]);
      assert.equal(status, wanted, `drift ended with ${code}`);
    }
  });

  test("drift is looked for with the program, without changing anything, and is an error", () => {
    const [step] = DELIVERY.drift;
    assert.equal(step?.args[0], "refresh");
    for (const flag of ["--preview-only", "--expect-no-changes", "--run-program", "--non-interactive"]) {
      assert.ok(step?.args.includes(flag), flag);
    }
    assert.deepEqual(workflow("drift").on.schedule, [{ cron: "17 2 * * *" }]);
    const { look, report } = workflow("drift").jobs;
    assert.deepEqual(Object.keys(look?.outputs ?? {}), ["outcome", "report"]);
    assert.match(scriptOf(report as NonNullable<typeof report>), /main\.ts drift-issue/);
    assert.match(report?.if ?? "", /!cancelled\(\)/);
  });

  test("up is followed by a preview that must see nothing to change, both with the policy pack", () => {
    assert.deepEqual(
      DELIVERY.up.map(({ args, policies }) => [args.includes("--expect-no-changes"), policies]),
      [
        [false, true],
        [true, true],
      ],
    );
  });

  test("a destroy needs the stack's name, and looks first", () => {
    const { on, jobs } = workflow("destroy");
    assert.deepEqual(Object.keys(on), ["workflow_dispatch"]);
    assert.equal((on.workflow_dispatch as { inputs: { stack: { required: boolean } } }).inputs.stack.required, true);
    assert.match(scriptOf(jobs.confirm as NonNullable<typeof jobs.confirm>), /"\$TYPED" != "\$PULUMI_STACK"/);
    assert.deepEqual([jobs.preview?.needs, jobs.destroy?.needs], ["confirm", "preview"]);
    assert.equal(jobs.destroy?.environment, "destroy");
  });

  test("a pull request is previewed once, and its one comment is what the preview reported, of the commit that was pushed", () => {
    const { jobs, text } = workflow("pull-request");
    assert.equal([...text.matchAll(DELIVER)].length, 1);
    assert.doesNotMatch(text, /command: preview|comment-on-pr|--edit-last|gh pr comment "/);
    const head = EXPRESSION("github.event.pull_request.head.sha");
    const preview = jobs.preview?.steps.find(({ id }) => id === "preview");
    assert.match(preview?.run ?? "", /--outcome "\$GITHUB_OUTPUT" --commit "\$\{COMMIT::10\}"$/);
    assert.equal(preview?.env?.COMMIT, head);
    assert.equal(jobs.preview?.outputs?.report, EXPRESSION("steps.preview.outputs.report"));
    const comment = jobs.comment?.steps.find(({ run }) => run?.includes("main.ts pr-comment"));
    assert.deepEqual(
      [comment?.env?.COMMIT, comment?.env?.RESULT, comment?.env?.REPORT],
      [head, EXPRESSION("needs.preview.result"), EXPRESSION("needs.preview.outputs.report")],
    );
    assert.match(jobs.comment?.concurrency?.group ?? "", /vars\.PULUMI_STACK.*pull_request\.number/);
  });

  test("what a preview and an update print holds no outputs of the stack", () => {
    for (const { args } of [...DELIVERY.preview, ...DELIVERY.up]) assert.ok(args.includes("--suppress-outputs"));
  });
});
