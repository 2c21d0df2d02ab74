import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { driftIssue } from "../../delivery/github/driftIssue.ts";
import { prComment } from "../../delivery/github/prComment.ts";
import { PROJECT } from "./workflows.ts";

const COMMIT = "b".repeat(40);
const RUN = ["--run", "https://github.com/contoso/orders/actions/runs/7"];
const COMMENT = ["--stack", "dev", "--pull-request", "5", "--commit", COMMIT, "--result", "success", ...RUN];

/** Each command with its right arguments, wrong values of options, and the calls that write. */
const COMMANDS = [
  {
    name: "drift-issue",
    command: driftIssue,
    args: ["--stack", "dev", "--outcome", "changed", ...RUN],
    wrong: { "--outcome": "maybe", "--run": "" },
    permission: /issues: write/,
    ends: [1, "done\ndone\n"],
    calls: /label create drift.*issue create --title Drift: stack dev .*the report/s,
  },
  {
    name: "pr-comment",
    command: prComment,
    args: COMMENT,
    wrong: { "--pull-request": "5/../6", "--commit": "main", "--result": "maybe", "--run": "javascript:1) x" },
    permission: /pull-requests: write/,
    ends: [0, ""],
    calls: /^api repos\/\{owner\}.*--method POST --input - --silent\n\{.*the report"\}$/m,
  },
];

for (const { name, command, args, wrong, permission, ends, calls } of COMMANDS) {
  const changed = (flag: string, value: string) => args.with(args.indexOf(flag) + 1, value);
  const run = (given: readonly string[], call = () => assert.fail("it called gh")) => {
    const lines: string[] = [];
    return { code: command(given, { env: {}, call, log: (line) => lines.push(line) }), lines: lines.join("\n") };
  };

  describe(name, () => {
    test("names the permission when GitHub refuses", () => {
      const { code, lines } = run(args, () => {
        throw new Error("`gh` failed: HTTP 403");
      });
      assert.equal(code, 1);
      assert.match(lines, /EP-DELIVERY-04 .*HTTP 403\n/);
      assert.match(lines, permission);
    });

    test("prints its usage for a wrong call and calls nothing", () => {
      const others = Object.entries(wrong).map(([flag, value]) => changed(flag, value));
      for (const given of [[], args.slice(2), [...args, "--nothing"], ...others]) {
        const { code, lines } = run(given);
        assert.equal(code, 2, given.join(" "));
        assert.match(lines, /^Usage: /);
      }
    });

    test("without a stack names the variable and the command that sets it", () => {
      const { code, lines } = run(changed("--stack", ""));
      assert.equal(code, 2);
      assert.match(lines, /PULUMI_STACK is not set.*\n.*gh variable set PULUMI_STACK --body/);
    });

    test("calls gh, with the body on its standard input", (context) => {
      const folder = mkdtempSync(join(tmpdir(), "gh-"));
      context.after(() => rmSync(folder, { recursive: true }));
      const gh = `case "$*" in *pulls*) echo ${COMMIT};; *list*) echo "[]";; *per_page*) ;;
        *) { echo "$@"; cat; echo; } >> "$LOG"; case "$1" in issue|label) echo done;; esac;; esac`;
      writeFileSync(join(folder, "gh"), `#!/bin/sh\n${gh}\n`);
      chmodSync(join(folder, "gh"), 0o755);
      const LOG = join(folder, "log");
      const env = { PATH: `${folder}:${process.env.PATH}`, REPORT: "the report", LOG };
      const main = [join(PROJECT, "delivery/main.ts"), name, ...args];
      const { status, stdout, stderr } = spawnSync(process.execPath, main, { env, input: "", encoding: "utf8" });
      assert.deepEqual([status, stdout], ends, stderr);
      assert.match(readFileSync(LOG, "utf8"), calls);
    });
  });
}

test("main.ts refuses a wrong call with a code and its usage", () => {
  for (const [args, problem] of [
    [["preview"], /The option --stack is missing/],
    [["up", "--stak", "dev"], /Unknown option '--stak'/],
    [["deploy"], /Unknown command "deploy"/],
  ] as const) {
    const main = [join(PROJECT, "delivery/main.ts"), ...args];
    const { status, stderr } = spawnSync(process.execPath, main, { encoding: "utf8" });
    assert.equal(status, 2);
    assert.match(stderr, /EP-DELIVERY-20 [\s\S]*usage: node delivery\/main\.ts/);
    assert.match(stderr, problem);
  }
});
