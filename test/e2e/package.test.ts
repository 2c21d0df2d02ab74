import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { after, before, test } from "node:test";
import { commandEnvironment } from "../../sandbox/environment.ts";
import { Program } from "../../tools/harness/program.ts";
import { checkedPackage } from "../../tools/package/check.ts";
import { PulumiProject } from "../harness/pulumiProject.ts";

// The packed package in projects outside this repository, made by the template and README's own lines.
const PROJECT = join(import.meta.dirname, "../..");
const README = readFileSync(join(PROJECT, "README.md"), "utf8");
const outside = mkdtempSync(join(tmpdir(), "entra-postgres-consumer-"));
let program: Program;
let tarball: string;
before(async () => {
  program = await Program.start();
  tarball = checkedPackage(join(outside, "package"));
});
after(async () => {
  await program?.stop();
  rmSync(outside, { recursive: true, force: true });
});

/** README's line for a new project, with the packed package in the place of the published one. */
function installLine(): string {
  const [line = ""] = /^npm install entra-postgres .*$/m.exec(README) ?? [];
  assert.match(line, /@pulumi\/pulumi/);
  return line.replace("entra-postgres", tarball);
}

/** A project by the template. */
function newProject(name: string, env: NodeJS.ProcessEnv): string {
  assert.match(README, /^pulumi new .*\/template$/m);
  const folder = join(outside, name);
  const options = ["--dir", folder, "--name", name, "--yes", "--generate-only", "--offline"];
  execFileSync("pulumi", ["new", join(PROJECT, "template"), ...options], { env, stdio: "pipe" });
  const manifest = join(folder, "package.json");
  const published = readFileSync(manifest, "utf8");
  writeFileSync(manifest, published.replace(/("entra-postgres": )"[^"]+"/, `$1"file:${tarball}"`));
  return folder;
}

function run(command: string, folder: string, env: NodeJS.ProcessEnv): string {
  return execFileSync("sh", ["-c", command], { cwd: folder, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

const environment = () => ({ ...commandEnvironment(program.sandbox.environment), CI: "true" });

/** The template's questions, and where the sandbox's server is. */
const settings = () => ({
  ...{ address: "127.0.0.1", port: program.sandbox.databasePort, caFile: join(program.dir, "ca.pem") },
});

async function open(name: string, folder: string, env: NodeJS.ProcessEnv): Promise<PulumiProject> {
  const project = await PulumiProject.open({ name, program: folder, dir: program.dir, env });
  project.configure(settings());
  return project;
}

/** Runs the CLI beside this process, which emulates Azure. */
async function pulumi(args: string, folder: string): Promise<void> {
  const { exitCode, text } = await program.run("sh", ["-c", `cd "$1" && pulumi ${args}`, "sh", folder]);
  assert.equal(exitCode, 0, text);
}

async function upAndBack(project: PulumiProject): Promise<void> {
  await project.succeed("preview");
  await project.succeed("up");
  const { receipt } = await project.outputs();
  assert.equal((receipt as { sessionUser: string }).sessionUser, "orders-vm");
  await project.succeed("preview", "--expect-no-changes");
  await project.succeed("destroy");
  assert.deepEqual(program.sandbox.azure.resources(), []);
}

test("npm: the template and the package pass the type check and bring a stack up and down", async () => {
  const env = environment();
  const folder = newProject("shop", env);
  run(`${installLine()} --loglevel=error`, folder, env);
  run(`${process.execPath} ${join(PROJECT, "node_modules/typescript/bin/tsc")} --project .`, folder, env);
  const project = await open("shop", folder, env);
  await upAndBack(project);
});

test("the template's project can be renamed: nothing is replaced", async () => {
  const env = environment();
  const folder = newProject("bazaar", env);
  run(`${installLine()} --loglevel=error`, folder, env);
  const project = await open("bazaar", folder, env);
  await project.succeed("up");
  const before = program.sandbox.azure.resources().map(({ id }) => id);
  await pulumi("stack rename organization/market/dev --stack dev", folder);
  const file = join(folder, "Pulumi.yaml");
  writeFileSync(file, readFileSync(file, "utf8").replace("name: bazaar", "name: market"));
  const config = Object.entries(settings()).map(([key, value]) => [`market:${key}`, value]);
  writeFileSync(join(folder, "renamed.yaml"), JSON.stringify({ config: Object.fromEntries(config) }));
  const options = "--stack dev --config-file renamed.yaml --non-interactive";
  await pulumi(`up --yes --skip-preview ${options}`, folder);
  await pulumi(`preview --expect-no-changes ${options}`, folder);
  assert.deepEqual(
    program.sandbox.azure.resources().map(({ id }) => id),
    before,
  );
  await pulumi(`destroy --yes --skip-preview ${options}`, folder);
});

test("pnpm and Node.js 22: the same", async () => {
  const tools = join(outside, "node22");
  mkdirSync(tools);
  writeFileSync(join(tools, "package.json"), "{}");
  run("npm install --loglevel=error node@22 pnpm@10", tools, environment());
  const { PATH, ...others }: NodeJS.ProcessEnv = environment();
  const env = { ...others, PATH: [join(tools, "node_modules/.bin"), PATH].join(delimiter) };
  assert.match(run("node --version", tools, env), /^v22\./);
  const folder = newProject("store", env);
  run(installLine().replace(/^npm install/, "pnpm add --loglevel=error"), folder, env);
  await upAndBack(await open("store", folder, env));
});

test("a program in CommonJS can require the package", () => {
  const folder = join(outside, "shop");
  const code = "console.log(typeof require('entra-postgres').EntraPrincipal)";
  assert.equal(run(`node --input-type=commonjs -e "${code}"`, folder, environment()).trim(), "function");
});

test("npx entra-postgres doctor runs without the Pulumi packages", () => {
  const folder = join(outside, "doctor");
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), "{}");
  run(`npm install --loglevel=error ${tarball}`, folder, environment());
  assert.ok(!existsSync(join(folder, "node_modules/@pulumi")));
  assert.match(run("npx entra-postgres doctor --help", folder, environment()), /--host/);
});
