import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { ENVIRONMENTS } from "../../tools/bootstrap/identity.ts";
import { BootstrapWorld, CLOSED, REPOSITORY } from "./bootstrapContext.ts";

const FIRST = /^GitHub first, before --apply:/m;

/** The printed commands of `gh api` that change something. */
const commands = (text: string) =>
  text.split("\n").flatMap((line) => /^ {2}(gh api .*--method .*)$/.exec(line)?.[1] ?? []);

/** A world whose `gh` answers so, and else as where all are closed. */
async function worldWhere(context: TestContext, cases: string): Promise<BootstrapWorld> {
  const world = await BootstrapWorld.make(context);
  world.install("gh", CLOSED.replace("in\n", `in\n  ${cases}\n`));
  return world;
}

const NOT_THERE = '*/environments/deploy*) echo "gh: Not Found (HTTP 404)" >&2; exit 1;;';

describe("GitHub's environments", () => {
  test("that are closed are not spoken of", async (t) => {
    const world = await BootstrapWorld.make(t);
    const { output } = await world.run(...REPOSITORY);
    assert.doesNotMatch(output, FIRST);
    assert.deepEqual(commands(output), []);
    assert.equal((await world.run(...REPOSITORY, "--apply")).error, "");
  });

  for (const [name, cases, why, lines] of [
    ["is not there", NOT_THERE, "deploy: it is not there; wanted main alone", 2],
    [
      "is open to every branch",
      '*/environments/drift/deployment*) ;; */environments/drift*) echo "";;',
      "drift: every branch may use it, or every protected one; wanted main alone",
      2,
    ],
    [
      "is open to another branch",
      '*/environments/destroy/deployment*) echo "branch main"; echo "branch release/*";;',
      "destroy: branch release/* may use it too; wanted main alone",
      2,
    ],
    [
      "is open to a tag that is called as main is",
      '*/environments/deploy/deployment*) echo "tag main";;',
      "deploy: tag main may use it too; wanted main alone",
      2,
    ],
    [
      "is closed to pull requests too",
      '*/environments/preview/deployment*) echo "branch main";;',
      "preview: it is not for main, refs/pull/*/merge; wanted main, refs/pull/*/merge alone",
      3,
    ],
  ] as const) {
    test(`one that ${name} is told before anything is made, with what closes it`, async (t) => {
      const world = await worldWhere(t, cases);
      const planned = await world.run(...REPOSITORY);
      assert.equal(planned.error, "");
      assert.match(planned.output, FIRST);
      assert.ok(planned.output.search(FIRST) < planned.output.indexOf("[ 1/"), "before the plan");
      const { error } = await world.run(...REPOSITORY, "--apply");
      assert.ok(error.includes(`\n  ${why}\nNothing was made. Next: run these,`), error);
      assert.deepEqual(commands(error), commands(planned.output));
      assert.equal(commands(error).length, lines);
      assert.deepEqual(world.changes, []);
    });
  }

  test("that nobody can ask about are all listed, and nothing is made", async (t) => {
    const world = await BootstrapWorld.make(t);
    world.remove("gh");
    const planned = await world.run(...REPOSITORY);
    assert.match(planned.output, /Not looked at: there is no `gh` on PATH\./);
    const { error } = await world.run(...REPOSITORY, "--apply");
    assert.match(error, /could not be asked: there is no `gh` on PATH\.\nNothing was made\. Next: gh auth login/);
    assert.match(error, /--environments unchecked:\n/);
    assert.equal(commands(error).length, 2 * 3 + 3);
    assert.deepEqual(world.changes, []);
    assert.equal((await world.run(...REPOSITORY, "--environments", "unchecked", "--apply")).error, "");
    assert.ok(world.changes.length > 0);
  });

  test("are closed before they are opened to main, with their reviewer in the same call", async (t) => {
    const world = await BootstrapWorld.make(t);
    world.remove("gh");
    const lines = commands((await world.run(...REPOSITORY)).output);
    world.install("gh", 'if [ "$2" = user ]; then echo 4711; else { printf "<%s>" "$@"; echo; } >>"$HOME/asked"; fi');
    for (const line of lines) {
      assert.equal(spawnSync("/bin/sh", ["-c", line], { env: world.env, encoding: "utf8" }).status, 0, line);
    }
    const asked = readFileSync(join(world.env.HOME as string, "asked"), "utf8")
      .trim()
      .split("\n");
    const wanted = ENVIRONMENTS.flatMap(({ name, refs, reviewed }) => {
      const path = `repos/contoso/orders/environments/${name}`;
      const field = (...fields: string[]) => fields.map((each) => `<-F><${each}>`).join("");
      const rules = field(
        "deployment_branch_policy[protected_branches]=false",
        "deployment_branch_policy[custom_branch_policies]=true",
      );
      const reviewer = reviewed ? field("reviewers[][type]=User", "reviewers[][id]=4711") : "";
      return [
        `<api><--silent><--method><PUT><${path}>${rules}${reviewer}`,
        ...refs.map((ref) => `<api><--silent><--method><POST><${path}/deployment-branch-policies><-f><name=${ref}>`),
      ];
    });
    assert.deepEqual(asked, wanted);
    assert.deepEqual(
      ENVIRONMENTS.filter(({ reviewed }) => reviewed).map(({ name }) => name),
      ["deploy", "destroy"],
    );
    for (const { name, refs } of ENVIRONMENTS)
      assert.deepEqual(refs.slice(1), name === "preview" ? ["refs/pull/*/merge"] : []);
  });
});
