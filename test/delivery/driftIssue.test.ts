import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { driftIssue, type Issue, issueCalls, type Night } from "../../delivery/github/driftIssue.ts";
import type { GhCall } from "../../delivery/github/gh.ts";

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
  test("is opened for drift and for a failed run", () => {
    for (const outcome of ["changed", "failed"] as const) {
      const calls = issueCalls(night({ outcome }), []);
      assert.deepEqual(verbs(calls), ["label create", "issue create"]);
      assert.equal(calls[1]?.args.slice(2).join(" "), "--title Drift: stack dev --label drift --body-file -");
      assert.match(calls[1]?.input ?? "", /actions\/runs\/1\).*\| role \| gone \|$/s);
    }
  });

  test("is not opened without drift", () => {
    assert.deepEqual(issueCalls(night({ outcome: "unchanged" }), []), []);
    const other = { ...written(issueCalls(night(), [])), title: "Drift: stack prod" };
    assert.deepEqual(issueCalls(night({ outcome: "unchanged" }), [other]), []);
  });

  test("gets the newest report, and a comment only when the outcome changes", () => {
    const open = written(issueCalls(night(), []));
    const same = issueCalls(night({ report: "newer" }), [open]);
    assert.deepEqual(verbs(same), ["issue edit"]);
    assert.equal(same[0]?.args[2], "12");
    assert.match(same[0]?.input ?? "", /newer$/);
    const failed = issueCalls(night({ outcome: "failed", report: "" }), [open]);
    assert.deepEqual(verbs(failed), ["issue edit", "issue comment"]);
    assert.match(failed[0]?.input ?? "", /has no report/);
    assert.match(failed[1]?.input ?? "", /could not be detected.*runs\/1$/);
  });

  test("gets one comment when the drift is gone, and stays open", () => {
    const open = written(issueCalls(night(), []));
    const quiet = issueCalls(night({ outcome: "unchanged" }), [open]);
    assert.deepEqual(verbs(quiet), ["issue edit", "issue comment"]);
    assert.match(quiet[1]?.input ?? "", /stays open until a person/);
    assert.deepEqual(verbs(issueCalls(night({ outcome: "unchanged" }), [written(quiet)])), ["issue edit"]);
    assert.ok(!JSON.stringify(quiet).includes('"close"'));
  });
});

describe("drift-issue", () => {
  const ARGS = ["--stack", "dev", "--run", "https://example.com/1"];

  function issue(args: string[]) {
    const calls: GhCall[] = [];
    const call = (one: GhCall) => {
      calls.push(one);
      return one.args[1] === "list" ? "[]" : "";
    };
    return { code: driftIssue(args, { env: { REPORT: "the report" }, call }), calls };
  }

  test("fails for drift and for a failed run", () => {
    assert.equal(issue([...ARGS, "--outcome", "changed"]).code, 1);
    assert.equal(issue([...ARGS, "--outcome", "failed"]).code, 1);
    assert.equal(issue([...ARGS, "--outcome", "unchanged"]).code, 0);
  });

  test("takes a run without an outcome for a failed one", () => {
    const { code, calls } = issue([...ARGS, "--outcome", ""]);
    assert.equal(code, 1);
    assert.match(calls.at(-1)?.input ?? "", /could not be detected.*the report/s);
  });

  test("lists the open issues with its label", () => {
    const { calls } = issue([...ARGS, "--outcome", "unchanged"]);
    assert.match(calls[0]?.args.join(" ") ?? "", /^issue list --state open .*--label drift$/);
  });
});
