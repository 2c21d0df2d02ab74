import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { OPTIONS, readArguments } from "../../tools/bootstrap/arguments.ts";
import { completed } from "../../tools/bootstrap/settings.ts";
import { SUBSCRIPTION } from "./azureCliState.ts";

const GOOD = ["--repository", "contoso/orders"];
const account = { id: SUBSCRIPTION, name: "Sandbox", tenantId: "t", user: { name: "ada", type: "user" } };

function settingsOf(...argv: string[]) {
  const { given, problems } = readArguments(argv);
  assert.deepEqual(problems, []);
  return completed(given, account);
}

describe("the bootstrap's arguments", () => {
  test("a repository is enough, and nothing is made without --apply", () => {
    const { given, problems } = readArguments(GOOD);
    assert.deepEqual(problems, []);
    assert.equal(given.apply, false);
    assert.equal(readArguments([...GOOD, "--dry-run"]).given.apply, false);
    assert.equal(readArguments([...GOOD, "--apply"]).given.apply, true);
  });

  test("all that is wrong is said at once, with the value, what is allowed and an example", () => {
    const { problems } = readArguments([
      ...["--repository", "https://github.com/contoso/orders", "--state-account", "Has-Capitals", "--key-vault", "1kv"],
      ...["--stack", "--apply", "--location", "West Europe", "--operator", "you", "--subscription", "mine"],
      ...["--resurce-group", "x", "leftover", "--dry-run=yes", "--azure-devops", "root,https://x,sc://a/b/c"],
    ]);
    for (const [name, value] of [
      ["repository", "https://github.com/contoso/orders"],
      ["state-account", "Has-Capitals"],
      ["key-vault", "1kv"],
      ["stack", "--apply"],
      ["location", "West Europe"],
      ["operator", "you"],
      ["subscription", "mine"],
    ] as const) {
      const problem = problems.find((each) => each.startsWith(`--${name} is ${JSON.stringify(value)}`)) ?? "";
      assert.ok(problem.includes(`allowed: ${OPTIONS[name].allowed}`), `${name}: ${problems.join("\n")}`);
      assert.ok(problem.includes(`example: --${name} ${OPTIONS[name].example}`), problem);
    }
    const others = problems.filter((each) => !/^--[\w-]+ is "/.test(each));
    assert.deepEqual(others, [
      "--resurce-group is not known; --help lists the options",
      '"x" is no option; all begin with --',
      '"leftover" is no option; all begin with --',
      "--dry-run takes no value",
    ]);
    assert.equal(problems.filter((each) => each.startsWith("--azure-devops")).length, 1);
    assert.equal(problems.length, 7 + 4 + 1);
  });

  test("without a repository or a service connection nobody could use what is made", () => {
    assert.match(readArguments([]).problems.join(), /^--repository is missing, or --azure-devops/);
    const connection = ["--azure-devops", "deploy,https://login.microsoftonline.com/t/v2.0,/eid1/c/pub/t/x/a/y/sc/z/1"];
    assert.deepEqual(readArguments(connection).problems, []);
  });

  test("contradictions", () => {
    assert.deepEqual(readArguments([...GOOD, "--apply", "--dry-run"]).problems, [
      "--apply and --dry-run exclude each other",
    ]);
    assert.deepEqual(readArguments([...GOOD, "--stack", "a", "--stack", "b"]).problems, ["--stack is given twice"]);
    assert.match(readArguments([...GOOD, "--stack"]).problems.join(), /^--stack has no value/);
  });

  test("the subject of another repository's tokens is refused: it would let that one in", () => {
    const prefixed = (prefix: string) => readArguments([...GOOD, "--subject-prefix", prefix]).problems;
    assert.deepEqual(prefixed("repo:contoso/orders"), []);
    assert.deepEqual(prefixed("repo:Contoso@12/orders@34"), []);
    assert.match(prefixed("repo:mallory/orders").join(), /is not of --repository "contoso\/orders"/);
    assert.match(
      prefixed("repo:contoso/orders:pull_request").join(),
      /^--subject-prefix is "repo:contoso\/orders:pull_request"/,
    );
    assert.match(prefixed("repo:contoso/*").join(), /^--subject-prefix is/);
  });

  for (const hostile of [
    "$(id)",
    "`id`",
    "a;b",
    "a b",
    "a'b",
    'a"b',
    "a\nb",
    "../x",
    "-x",
    "--",
    "",
    "é",
    "x".repeat(200),
  ]) {
    test(`no name may be ${JSON.stringify(hostile.slice(0, 20))}`, () => {
      for (const name of Object.keys(OPTIONS) as (keyof typeof OPTIONS)[]) {
        const { problems } = readArguments([...(name === "repository" ? [] : GOOD), `--${name}=${hostile}`]);
        assert.ok(
          problems.some((problem) => problem.startsWith(`--${name} `)),
          `--${name}=${hostile}`,
        );
      }
    });
  }

  test("every example of an option is one that it takes", () => {
    for (const [name, { pattern, example }] of Object.entries(OPTIONS)) assert.match(example, pattern, name);
  });
});

describe("the names that are made where none is given", () => {
  test("fit Azure's rules, however long project and stack are", () => {
    const long = ["--project", "a-very-long-name-of-a-project0", "--stack", "an-even-longer-name-of-a-stac0"];
    for (const argv of [[], ["--project", "a", "--stack", "b"], ["--project", "a--b", "--stack", "c"], long]) {
      const settings = settingsOf(...GOOD, ...argv);
      assert.match(settings.stateAccount, OPTIONS["state-account"].pattern);
      assert.match(settings.keyVault, OPTIONS["key-vault"].pattern);
      assert.match(settings.resourceGroup, OPTIONS["resource-group"].pattern);
      assert.match(settings.deliveryGroup, OPTIONS["resource-group"].pattern);
      assert.match(settings.identityPrefix, OPTIONS["identity-prefix"].pattern);
      assert.match(settings.adminGroup, OPTIONS["admin-group"].pattern);
    }
  });

  test("are the same each time, and others for another stack or subscription", () => {
    const [first, again, prod] = [settingsOf(...GOOD), settingsOf(...GOOD), settingsOf(...GOOD, "--stack", "prod")];
    assert.deepEqual(first, again);
    const other = completed(readArguments(GOOD).given, { ...account, id: SUBSCRIPTION.replaceAll("1", "2") });
    for (const name of ["stateAccount", "keyVault"] as const) {
      assert.equal(new Set([first[name], prod[name], other[name]]).size, 3, name);
    }
    for (const name of ["resourceGroup", "deliveryGroup", "identityPrefix", "adminGroup"] as const) {
      assert.notEqual(first[name], prod[name]);
    }
  });

  test("the project's is that of Pulumi.yaml", () => assert.equal(settingsOf(...GOOD).project, "entra-postgres"));

  test("what is given is taken", () => {
    const settings = settingsOf(
      ...GOOD,
      ...["--resource-group", "mine", "--key-vault", "kv-mine", "--state-account", "mine123"],
    );
    assert.equal(settings.resourceGroup, "mine");
    assert.equal(settings.deliveryGroup, "mine-delivery");
    assert.equal(settings.keyVault, "kv-mine");
    assert.equal(settings.stateAccount, "mine123");
  });
});
