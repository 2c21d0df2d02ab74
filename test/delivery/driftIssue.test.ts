import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { driftIssue, type Issue, issueCalls, type Night } from "../../delivery/github/driftIssue.ts";
import type { GhCall } from "../../delivery/github/gh.ts";
import { PROJECT } from "./workflows.ts";

const night = (changes: Partial<Night> = {}): Night => ({
  stack: "dev",
  outcome: "changed",
  report: "| role | gone |",
  run: "https://github.com/contoso/orders/actions/runs/1",
  ...changes,
});
const verbs = (calls: readonly GhCall[]) => calls.map(({ args }) => args.slice(0, 2).join(" "));
/** The issue as the first call that writes one leaves it. */
const written = (calls: readonly GhCall[]): Issue => ({
  number: 12,
  title: "Drift: stack dev",
  body: calls.find(({ args }) => args.includes("--body-file"))?.input ?? "",
});

describe("the issue on drift", () => {
  test("is opened for drift, and for a night nobody could look", () => {
    for (const outcome of ["changed", "failed"] as const) {
      const calls = issueCalls(night({ outcome }), []);
      assert.deepEqual(verbs(calls), ["label create", "issue create"]);
      assert.deepEqual(calls[1]?.args.slice(2), [
        "--title",
        "Drift: stack dev",
        "--label",
        "drift",
        "--body-file",
        "-",
      ]);
      assert.match(calls[1]?.input ?? "", /actions\/runs\/1\).*\| role \| gone \|$/s);
    }
  });

  test("nothing happens on a quiet night without one", () => {
    assert.deepEqual(issueCalls(night({ outcome: "unchanged" }), []), []);
    const other = { ...written(issueCalls(night(), [])), title: "Drift: stack prod" };
    assert.deepEqual(issueCalls(night({ outcome: "unchanged" }), [other]), []);
  });

  test("the open one gets the newest report, and a comment only when the answer is another", () => {
    const open = written(issueCalls(night(), []));
    const same = issueCalls(night({ report: "newer" }), [open]);
    assert.deepEqual(verbs(same), ["issue edit"]);
    assert.equal(same[0]?.args[2], "12");
    assert.match(same[0]?.input ?? "", /newer$/);
    const failed = issueCalls(night({ outcome: "failed", report: "" }), [open]);
    assert.deepEqual(verbs(failed), ["issue edit", "issue comment"]);
    assert.match(failed[0]?.input ?? "", /came to no report/);
    assert.match(failed[1]?.input ?? "", /nobody could look.*runs\/1$/);
  });

  test("a quiet night is said once and closes nothing", () => {
    const open = written(issueCalls(night(), []));
    const quiet = issueCalls(night({ outcome: "unchanged" }), [open]);
    assert.deepEqual(verbs(quiet), ["issue edit", "issue comment"]);
    assert.match(quiet[1]?.input ?? "", /stays open until somebody/);
    assert.deepEqual(verbs(issueCalls(night({ outcome: "unchanged" }), [written(quiet)])), ["issue edit"]);
    assert.ok(!JSON.stringify(quiet).includes('"close"'));
  });
});

describe("drift-issue", () => {
  const ARGS = ["--stack", "dev", "--run", "https://example.com/1"];

  function issue(args: string[], open: Issue[] = [], call?: (call: GhCall) => string) {
    const calls: GhCall[] = [];
    const lines: string[] = [];
    const code = driftIssue(args, {
      env: { REPORT: "the report" },
      call: (one) => {
        calls.push(one);
        return call ? call(one) : one.args[1] === "list" ? JSON.stringify(open) : "";
      },
      log: (line) => lines.push(line),
    });
    return { code, calls, lines };
  }

  test("is red for drift and for a night nobody could look, green for a quiet one", () => {
    assert.equal(issue([...ARGS, "--outcome", "changed"]).code, 1);
    assert.equal(issue([...ARGS, "--outcome", "failed"]).code, 1);
    assert.equal(issue([...ARGS, "--outcome", "unchanged"]).code, 0);
  });

  test("takes a run without an outcome for one that could not look", () => {
    const { code, calls } = issue([...ARGS, "--outcome", ""]);
    assert.equal(code, 1);
    assert.match(calls.at(-1)?.input ?? "", /nobody could look.*the report/s);
  });

  test("looks for open issues of its label only", () => {
    const { calls } = issue([...ARGS, "--outcome", "unchanged"]);
    assert.deepEqual(calls[0]?.args.slice(0, 6), ["issue", "list", "--state", "open", "--label", "drift"]);
  });

  test("says what to do when GitHub refuses", () => {
    const { code, lines } = issue([...ARGS, "--outcome", "changed"], [], () => {
      throw new Error("`gh issue list` failed: HTTP 403");
    });
    assert.equal(code, 1);
    assert.match(lines.join("\n"), /EP-DELIVERY-04 .*HTTP 403\n.*issues: write/);
  });

  test("a wrong call is told how it goes", () => {
    for (const args of [[], ARGS, [...ARGS, "--outcome", "maybe"], ["--outcome", "changed", "--nothing"]]) {
      const { code, lines } = issue(args);
      assert.equal(code, 2);
      assert.match(lines[0] ?? "", /^Usage: /);
    }
  });

  test("without a stack it says which variable is missing, and how to set it", () => {
    const { code, calls, lines } = issue(["--stack", "", "--outcome", "failed", "--run", "https://example.com/1"]);
    assert.deepEqual([code, calls], [2, []]);
    assert.match(lines.join("\n"), /PULUMI_STACK is not set.*\n.*gh variable set PULUMI_STACK --body/);
  });

  test("calls gh with the body on its standard input", (context) => {
    const folder = mkdtempSync(join(tmpdir(), "gh-"));
    context.after(() => rmSync(folder, { recursive: true }));
    const gh = '#!/bin/sh\ncase "$*" in *list*) echo "[]";; *) { echo "$@"; cat; echo; } >> "$LOG"; echo said;; esac\n';
    writeFileSync(join(folder, "gh"), gh);
    chmodSync(join(folder, "gh"), 0o755);
    const LOG = join(folder, "log");
    const env = { PATH: `${folder}:${process.env.PATH}`, REPORT: "the report", LOG };
    const main = join(PROJECT, "delivery/main.ts");
    const result = spawnSync(process.execPath, [main, "drift-issue", ...ARGS, "--outcome", "changed"], {
      env,
      input: "",
      encoding: "utf8",
    });
    assert.deepEqual([result.status, result.stdout], [1, "said\nsaid\n"], result.stderr);
    assert.match(readFileSync(LOG, "utf8"), /label create drift.*issue create --title Drift: stack dev .*the report/s);
  });
});
