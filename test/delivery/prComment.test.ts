import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { GhCall } from "../../delivery/github/gh.ts";
import { marker, prComment } from "../../delivery/github/prComment.ts";
import { COMMENT_LIMIT } from "../../delivery/summary/summary.ts";

const BOT = "github-actions[bot]";
const [OLDER, NEWER] = ["a".repeat(40), "b".repeat(40)];
const RUN = "https://github.com/contoso/orders/actions/runs/7";

interface Written {
  id: number;
  author: string | null;
  body: string;
}

/** GitHub behind `gh api`, with one pull request, number 5. */
class FakeGitHub {
  comments: Written[] = [];
  head = NEWER;
  readonly calls: GhCall[] = [];

  add(author: string | null, body: string): this {
    this.comments.push({ id: 1000 + this.comments.length, author, body });
    return this;
  }

  call({ args, input }: GhCall): string {
    this.calls.push({ args, ...(input === undefined ? {} : { input }) });
    const [verb, path = "", ...flags] = args;
    assert.equal(verb, "api");
    const value = (flag: string) => (flags.includes(flag) ? flags[flags.indexOf(flag) + 1] : undefined);
    const method = value("--method") ?? "GET";
    const body = input === undefined ? "" : (JSON.parse(input) as { body: string }).body;
    assert.ok([...body].length <= COMMENT_LIMIT, "HTTP 422: body is too long");
    if (path === "repos/{owner}/{repo}/pulls/5") return `${this.head}\n`;
    if (path === "repos/{owner}/{repo}/issues/5/comments" && method === "POST") {
      this.add(BOT, body);
      return "";
    }
    const list = /^repos\/\{owner\}\/\{repo\}\/issues\/5\/comments\?per_page=(\d+)$/.exec(path);
    if (list && method === "GET") {
      const shown = flags.includes("--paginate") ? this.comments : this.comments.slice(0, Number(list[1]));
      return shown
        .map(({ id, author, body }) => `${JSON.stringify({ id, author, begin: body.slice(0, 300) })}\n`)
        .join("");
    }
    const [, id] = /^repos\/\{owner\}\/\{repo\}\/issues\/comments\/(\d+)$/.exec(path) ?? [];
    const comment = this.comments.find((each) => String(each.id) === id);
    assert.ok(comment, `HTTP 404: ${path}`);
    if (method === "PATCH") comment.body = body;
    else if (method === "DELETE") this.comments.splice(this.comments.indexOf(comment), 1);
    else assert.fail(method);
    return "";
  }

  /** Runs the command as the workflow does. */
  comment(more: { stack?: string; commit?: string; result?: string; report?: string } = {}) {
    const { stack = "dev", commit = NEWER, result = "success", report = "" } = more;
    const lines: string[] = [];
    const args = ["--stack", stack, "--pull-request", "5", "--commit", commit, "--result", result, "--run", RUN];
    const code = prComment(args, {
      env: { REPORT: report },
      call: (one) => this.call(one),
      log: (line) => lines.push(line),
    });
    return { code, lines: lines.join("\n") };
  }

  get bodies(): string[] {
    return this.comments.map(({ body }) => body);
  }

  get writes(): number {
    return this.calls.filter(({ args }) => args.includes("--method")).length;
  }
}

describe("the comment of a pull request", () => {
  test("is written for the first preview and edited for each later one", () => {
    const github = new FakeGitHub().add("octocat", "Please have a look.");
    assert.equal(github.comment({ report: "## Preview: 3 to create" }).code, 0);
    assert.deepEqual(github.bodies.slice(1), [
      `<!-- pulumi preview: dev -->\nCommit ${NEWER}, [the run](${RUN})\n\n## Preview: 3 to create`,
    ]);
    github.comment({ report: "## Preview: failed", result: "failure" });
    github.comment({ report: "## Preview: no changes" });
    assert.equal(github.comments.length, 2);
    assert.match(github.bodies[1] ?? "", /## Preview: no changes$/);
    assert.equal(github.bodies[0], "Please have a look.");
  });

  test("is found on any page", () => {
    const github = new FakeGitHub();
    for (let i = 0; i < 250; i++) github.add("octocat", `comment ${i}`);
    github.add(BOT, `${marker("dev")}\nold`);
    github.comment({ report: "new" });
    assert.equal(github.comments.length, 251);
    assert.match(github.bodies[250] ?? "", /new$/);
  });

  test("is one for each stack", () => {
    const github = new FakeGitHub();
    for (const stack of ["dev", "dev2", "organization/shop/dev"]) github.comment({ stack, report: stack });
    assert.equal(github.comments.length, 3);
    github.comment({ report: "again" });
    assert.deepEqual(
      github.bodies.map((body) => body.split("\n").at(-1)),
      ["again", "dev2", "organization/shop/dev"],
    );
  });

  test("is never another author's, and none that quotes it", () => {
    const github = new FakeGitHub()
      .add("mallory", `${marker("dev")}\nmine`)
      .add(null, `${marker("dev")}\nof an account that is gone`)
      .add("other-app[bot]", `${marker("dev")}\nof another app`)
      .add(BOT, `> ${marker("dev")}\nof another workflow`);
    const before = github.bodies;
    github.comment({ report: "new" });
    assert.deepEqual(github.bodies.slice(0, 4), before);
    assert.match(github.bodies[4] ?? "", /new$/);
  });

  test("has no duplicates", () => {
    const github = new FakeGitHub()
      .add(BOT, `${marker("dev")}\none`)
      .add("octocat", "hello")
      .add(BOT, `${marker("dev")}\n2`);
    github.comment({ report: "new" });
    assert.deepEqual(
      github.comments.map(({ id }) => id),
      [1000, 1001],
    );
    assert.match(github.bodies[0] ?? "", /new$/);
  });

  test("is not changed by the run of an older commit", () => {
    const github = new FakeGitHub();
    github.comment({ report: "of the newer commit" });
    const { code, lines } = github.comment({ commit: OLDER, report: "of the older commit" });
    assert.deepEqual([code, github.writes], [0, 1]);
    assert.match(lines, new RegExp(`^Nothing was written: ${NEWER} is the newest commit`));
  });

  test("says that the newest commit has no preview instead of an earlier report", () => {
    for (const [result, said] of [
      ["failure", /## Preview of `dev`\n\n\*\*The preview failed without a report\*\*/],
      ["skipped", /\*\*No preview\*\*: the tests did not pass/],
      ["cancelled", /\*\*The preview was cancelled/],
      ["success", /its report is missing/],
    ] as const) {
      const github = new FakeGitHub();
      github.comment({ report: "of an earlier commit" });
      github.comment({ result });
      assert.match(github.bodies[0] ?? "", said);
      assert.doesNotMatch(github.bodies[0] ?? "", /earlier/);
    }
  });

  test("is not written before the first preview", () => {
    const github = new FakeGitHub();
    for (const result of ["skipped", "cancelled"]) assert.equal(github.comment({ result }).code, 0);
    assert.equal(github.writes, 0);
    github.comment({ result: "failure" });
    assert.equal(github.comments.length, 1);
  });

  test("is shortened to GitHub's limit after a whole line", () => {
    const github = new FakeGitHub();
    assert.equal(github.comment({ report: `${"x".repeat(999)}\n`.repeat(80) }).code, 0);
    const [body = ""] = github.bodies;
    assert.ok(body.length > COMMENT_LIMIT - 1100 && body.length <= COMMENT_LIMIT, String(body.length));
    assert.match(body, new RegExp(`^<!-- .*\\nCommit ${NEWER}`));
    assert.match(body, /\nx{999}\n\n\*\*Shortened: the rest is in the log of the run\.\*\*\n$/);
  });

  test("has a marker that no stack name can end", () => {
    assert.equal(marker("a --> b\n"), "<!-- pulumi preview: a%20--%3E%20b%0A -->");
  });
});
