import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { globSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, matchesGlob } from "node:path";
import { after, before, describe, test } from "node:test";
import { ENVIRONMENTS } from "../../components/environments/environments.ts";
import { rules } from "../../policies/rules.ts";
import { buildPack, PACK } from "../../policies/runner/build.ts";
import { packArguments } from "../../policies/runner/pack.ts";
import { STACKS, stackJudgement } from "../../policies/runner/stackConfig.ts";

const PROJECT = join(import.meta.dirname, "../..");
/** The rules that read the environment. */
const DEPENDENT = rules.filter(({ configSchema }) => configSchema?.properties.environment).map(({ name }) => name);

describe("how strictly a stack is judged", () => {
  let dir: string;
  before(() => {
    dir = mkdtempSync(join(tmpdir(), "entra-postgres-stacks-"));
  });
  after(() => rmSync(dir, { recursive: true, force: true }));
  const write = (stack: string, content: unknown) =>
    writeFileSync(join(dir, `${stack}.json`), typeof content === "string" ? content : JSON.stringify(content));
  const environments = (config: Record<string, unknown>) =>
    DEPENDENT.map((name) => (config[name] as { environment?: string } | undefined)?.environment);

  test("the stack's file gives the environment to every rule that reads it", () => {
    assert.ok(DEPENDENT.length > 1);
    for (const environment of ENVIRONMENTS) {
      write("shop", { environment });
      for (const stack of ["shop", "organization/entra-postgres/shop"]) {
        const { config, words } = stackJudgement(stack, dir);
        assert.deepEqual(environments(config), Array(DEPENDENT.length).fill(environment));
        assert.match(words, new RegExp(`judged as ${environment}: .*shop\\.json`));
      }
    }
  });

  test("a stack without a file is judged as prod", () => {
    const { config, words } = stackJudgement("nobodys", dir);
    assert.deepEqual(environments(config), Array(DEPENDENT.length).fill("prod"));
    assert.match(words, /^There is no .*nobodys\.json: the stack is judged as prod\.$/);
  });

  test("levels and settings of rules are kept beside the environment", () => {
    const settings = {
      "no-public-access": "advisory",
      "backup-retention": { enforcementLevel: "mandatory", test: 21 },
      "firewall-no-wide-range": { minimumPrefix: 28 },
      all: "advisory",
    };
    write("shop", { environment: "test", rules: settings });
    const { config } = stackJudgement("shop", dir);
    assert.deepEqual(config["no-public-access"], { enforcementLevel: "advisory", environment: "test" });
    assert.deepEqual(config["backup-retention"], { enforcementLevel: "mandatory", test: 21, environment: "test" });
    assert.deepEqual(config["firewall-no-wide-range"], { minimumPrefix: 28 });
    assert.equal(config.all, "advisory");
  });

  test("every problem of a stack's file is named at once", () => {
    const wrong = {
      enviroment: "dev",
      rules: { "tls-versions": "advisory", diagnostics: { environment: "dev" }, "required-tags": "off" },
    };
    for (const [content, ...problems] of [
      [wrong, /unknown key "enviroment"; valid keys: environment, rules/, /environment: .*"dev"\|"test"\|"prod"/],
      [wrong, /rules: .*"tls-versions"/, /rules\.diagnostics: .*"environment"/, /rules\.required-tags/],
      ...["{", "", "[]", "null", { environment: "prod", rules: [] }, { environment: "Dev" }].map((each) => [each]),
    ] as [unknown, ...RegExp[]][]) {
      write("shop", content);
      for (const problem of [/shop\.json/, /EP-POLICY-04/, ...problems]) {
        assert.throws(() => stackJudgement("shop", dir), problem, JSON.stringify(content));
      }
    }
  });

  test("a stack's name leads to no file elsewhere", () => {
    for (const stack of ["", "a/", "..", "a/..", ".hidden", "a b", "a\\..\\b"]) {
      assert.throws(() => stackJudgement(stack, dir), /EP-POLICY-05/, stack);
    }
  });

  test("the CLI gets a file with the configuration", async () => {
    const [, , flag, file = ""] = await packArguments({ stack: "dev" });
    assert.equal(flag, "--policy-pack-config");
    assert.deepEqual(JSON.parse(readFileSync(file, "utf8")), stackJudgement("dev").config);
    const [, , , strict = ""] = await packArguments({ stack: "nobodys" });
    assert.deepEqual(environments(JSON.parse(readFileSync(strict, "utf8"))), Array(DEPENDENT.length).fill("prod"));
  });

  test("a command runs with the stack, the pack and the stack's configuration", () => {
    const main = join(PROJECT, "policies/runner/main.ts");
    const run = (...args: string[]) =>
      execFileSync(process.execPath, [main, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
    const [pack, config] = run("--stack", "dev").split("\n");
    assert.equal(
      run("--stack", "dev", "--", "echo", "pulumi up"),
      `pulumi up --stack dev --policy-pack ${pack} --policy-pack-config ${config}`,
    );
    assert.equal(run(), pack);
    assert.throws(() => run("--", "echo"), /EP-POLICY-05/);
    const failed = (error: { status?: number }) => error.status === 3;
    assert.throws(() => run("--stack", "dev", "--", "sh", "-c", "exit 3"), failed);
  });
});

test("every stack with a configuration has a valid file", () => {
  const stacks = readdirSync(STACKS).map((file) => file.replace(/\.json$/, ""));
  for (const stack of stacks)
    assert.match(stackJudgement(stack).words, new RegExp(`: policies/stacks/${stack}\\.json`));
  const configured = readdirSync(PROJECT).flatMap((file) => /^Pulumi\.([\w-]+)\.yaml$/.exec(file)?.[1] ?? []);
  assert.ok(configured.length > 0);
  for (const stack of configured) assert.ok(stacks.includes(stack), `policies/stacks/${stack}.json is missing`);
});

test("every source of the pack has a code owner in the sample of docs/delivery.md", async () => {
  const page = readFileSync(join(PROJECT, "docs/delivery.md"), "utf8");
  const owned = [...page.matchAll(/^ *\/(\S+) +@example\/platform$/gm)].map(([, path = ""]) => path);
  for (const path of owned) assert.ok(globSync(path, { cwd: PROJECT }).length > 0, path);
  await buildPack();
  const sources = Object.keys(JSON.parse(readFileSync(join(PACK, "bin/built.json"), "utf8")));
  for (const source of [...sources, "policies/stacks/prod.json", "Pulumi.dev.yaml"]) {
    const isOwned = owned.some((path) => (path.endsWith("/") ? source.startsWith(path) : matchesGlob(source, path)));
    assert.ok(isOwned, `${source} has no owner in docs/delivery.md`);
  }
});

test("every command of the project runs the pack with a stack", () => {
  const makefile = readFileSync(join(PROJECT, "Makefile"), "utf8");
  const workflows = readdirSync(join(PROJECT, ".github/workflows")).map((file) =>
    readFileSync(join(PROJECT, ".github/workflows", file), "utf8"),
  );
  const steps = readFileSync(join(PROJECT, "delivery/azureDevOps/steps.yml"), "utf8");
  for (const text of [makefile, steps, ...workflows]) {
    for (const line of text.split("\n").filter((each) => each.includes("policies/runner/main.ts"))) {
      assert.match(line, /main\.ts --stack /, line);
    }
    assert.doesNotMatch(text, /--policy-pack/, "policies/runner/main.ts gives it");
  }
});
