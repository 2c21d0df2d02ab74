import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { describe, test } from "node:test";
import { PROJECT } from "./workflows.ts";

/** Runs the script with an `az` and a `node` that log their calls and identity. */
function run(args: string[], node = "", variables: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), "pipeline-"));
  const [bin, log] = [join(folder, "bin"), join(folder, "log")];
  mkdirSync(bin);
  const programs = {
    az: "echo the-subscription",
    node: `COMMAND=$*
      echo "$ARM_CLIENT_ID $ARM_TENANT_ID $ARM_SUBSCRIPTION_ID \${idToken:-} $*" >> ${log}
      while [ $# -gt 0 ]; do if [ "$1" = --summary ]; then echo text > "$2"; fi; shift; done
      ${node}`,
  };
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  const { status, stdout } = spawnSync("bash", [join(PROJECT, "delivery/azureDevOps/runJob.sh"), ...args], {
    cwd: folder,
    encoding: "utf8",
    env: {
      PATH: [bin, process.env.PATH].join(delimiter),
      servicePrincipalId: "the-client",
      tenantId: "the-tenant",
      idToken: "an-assertion",
      AGENT_TEMPDIRECTORY: folder,
      PULUMI_STACK: "dev",
      ...variables,
    },
  });
  const calls = readFileSync(log, "utf8").trim().replaceAll(folder, "TEMP").split("\n");
  rmSync(folder, { recursive: true });
  return { status, calls, stdout: stdout.replaceAll(folder, "TEMP") };
}

const IDENTITY = "the-client the-tenant the-subscription  ";
const FRESH = `${IDENTITY}delivery/federatedToken/main.ts -- node delivery/main.ts`;

describe("runJob.sh", () => {
  test("checks variables, then runs each command with fresh tokens", () => {
    const { status, calls, stdout } = run(["destroy", "destroy-preview", "destroy"]);
    assert.equal(status, 0);
    assert.deepEqual(calls, [
      `${IDENTITY}delivery/main.ts check-variables destroy`,
      `${FRESH} destroy-preview --stack dev --summary TEMP/delivery/1-destroy-preview.md`,
      `${FRESH} destroy --stack dev --summary TEMP/delivery/2-destroy.md`,
    ]);
    const summaries = ["1-destroy-preview", "2-destroy"];
    assert.equal(stdout, summaries.map((name) => `##vso[task.uploadsummary]TEMP/delivery/${name}.md\n`).join(""));
  });

  test("up comes after preflight, and not at all where that finds a problem", () => {
    const preflight = `${IDENTITY}delivery/federatedToken/main.ts -- node program/preflight/main.ts --stack dev`;
    const { status, calls } = run(["deploy", "up"]);
    assert.deepEqual(
      [status, calls.slice(1)],
      [0, [preflight, `${FRESH} up --stack dev --summary TEMP/delivery/1-up.md`]],
    );
    const refused = run(["deploy", "up"], 'case "$COMMAND" in *preflight*) exit 1;; esac');
    assert.deepEqual([refused.status, refused.calls.slice(1)], [1, [preflight]]);
    const off = run(["deploy", "up"], "", { PREFLIGHT: "off" });
    assert.equal(off.calls.length, 2);
  });

  test("a missing variable stops it before any command", () => {
    const { status, calls } = run(["deploy", "up"], 'case "$COMMAND" in *check-variables*) exit 1;; esac');
    assert.deepEqual([status, calls.length], [1, 1]);
  });

  test("a failed command ends it with its exit code, after the summaries", () => {
    const { status, calls, stdout } = run(["drift", "drift", "destroy"], "[ ! -s delivery/1-drift.md ] || exit 7");
    assert.deepEqual([status, calls.length], [7, 2]);
    assert.match(stdout, /uploadsummary/);
  });
});
