import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { after, before, mock, test } from "node:test";
import { openSandbox } from "../../sandbox/cli/access.ts";
import { demonstrate } from "../../sandbox/cli/demo.ts";
import { driftAndRepair } from "../../sandbox/cli/drift.ts";
import { openPsql, runOnMachine } from "../../sandbox/cli/machineCommands.ts";
import { providersMode } from "../../sandbox/plugins.ts";
import { PROJECT, projectName } from "../../sandbox/project.ts";
import { Program } from "../../tools/harness/program.ts";

const FIRST = "orders-vm";

// The sandbox is up, as for somebody who works in another terminal.
let program: Program;
before(async () => {
  program = await Program.start();
});
after(() => program?.stop());

/** What a command of the sandbox says, and its exit code. */
async function said(command: () => Promise<number>): Promise<{ exitCode: number; text: string }> {
  const lines: string[] = [];
  const mocks = (["log", "error"] as const).map((name) =>
    mock.method(console, name, (line: string) => lines.push(line)),
  );
  try {
    return { exitCode: await command(), text: lines.join("\n") };
  } finally {
    for (const each of mocks) each.mock.restore();
  }
}
const demo = () =>
  said(() => demonstrate({ dir: program.dir, providers: providersMode(process.env.SANDBOX_PROVIDERS) }));
/** Deploys the program, unless it is: so each test can run alone. */
let deployed = false;
const deploy = async () => {
  if (deployed) return "";
  const { exitCode, text } = await demo();
  assert.equal(exitCode, 0, text);
  deployed = true;
  return text;
};
const dropRole = async () => {
  await program.sql(`GRANT "${FIRST}" TO CURRENT_USER; DROP OWNED BY "${FIRST}"`, "app");
  await program.sql(`DROP OWNED BY "${FIRST}"; DROP ROLE "${FIRST}"`);
};
const login = async () => {
  const [identity] = program.sandbox.directory.findByName(FIRST);
  assert.ok(identity);
  return program.queryAs(FIRST, await program.token(identity), "SELECT session_user::text AS who", "app");
};
const proofs = async () =>
  (await program.resources()).filter(({ type }) => type === "command:remote:Command").map(({ id }) => id);

test("choosing providers for a running sandbox prints that nothing changes", async () => {
  for (const [providers, told] of [
    [
      "real",
      ["SANDBOX_PROVIDERS=real changes nothing: a sandbox is up already. Stop that one first, or leave it out."],
    ],
    ["auto", []],
  ] as const) {
    const lines: string[] = [];
    const access = await openSandbox({ dir: program.dir, providers, log: (line) => lines.push(line) });
    await access.close();
    assert.deepEqual(lines, told);
  }
});

test("a command that reads names what the sandbox runs when the program is not deployed", async () => {
  const read = openPsql(program.dir, ["-c", "SELECT 1"]);
  await assert.rejects(read, /found: {4}an empty sandbox.*EP-CLI-06/s);
});

test("the program comes up, and every application has a receipt", async () => {
  const text = await deploy();
  assert.match(text, /^== pulumi up$/m);
  assert.match(text, /EntraPrincipal orders created/);
  assert.doesNotMatch(text, /@ updating| creating \(/);
  assert.deepEqual(await login(), [{ who: FIRST }]);
});

test("a dropped role is created again and every login is tested again", async () => {
  await deploy();
  const before = await proofs();
  await dropRole();
  await assert.rejects(login());
  const { exitCode, text } = await demo();
  assert.equal(exitCode, 0, text);
  assert.match(text, /every login tested again/);
  assert.deepEqual(await login(), [{ who: FIRST }]);
  const now = await proofs();
  assert.equal(now.length, before.length);
  assert.deepEqual(
    now.filter((id) => before.includes(id)),
    [],
  );
  // What stays as it is, is not listed.
  assert.doesNotMatch(text, /network:Subnet/);
});

test("drift drops the role and repairs it, or repairs a missing role", async () => {
  await deploy();
  const whole = await said(() => driftAndRepair(program.dir));
  assert.equal(whole.exitCode, 0, whole.text);
  assert.match(whole.text, /As the administrator: drop the role "orders-vm"/);
  await dropRole();
  const repair = await said(() => driftAndRepair(program.dir));
  assert.equal(repair.exitCode, 0, repair.text);
  assert.match(repair.text, /is missing already/);
  assert.deepEqual(await login(), [{ who: FIRST }]);
});

test("a locked stack stops the drift command, whose error names the unlock command", async () => {
  await deploy();
  const engine = join(program.dir, "pulumi-cli");
  copyFileSync("/bin/sleep", engine);
  const child = spawn(engine, ["3600"], { stdio: "ignore" });
  after(() => child.kill("SIGKILL"));
  await once(child, "spawn");
  const folder = join(program.dir, "pulumi/.pulumi/locks/organization", projectName(), "sandbox");
  mkdirSync(folder, { recursive: true });
  const lock = { pid: child.pid, username: "other", hostname: hostname(), timestamp: new Date().toISOString() };
  writeFileSync(join(folder, "held.json"), JSON.stringify(lock));
  let message = "";
  await driftAndRepair(program.dir).catch((error: Error) => {
    message = error.message;
  });
  assert.match(message, /EP-CLI-08/);
  assert.deepEqual(await login(), [{ who: FIRST }]);
  const named = /exec -- (pulumi cancel .*)$/m.exec(message)?.[1]?.split(" ") ?? [];
  const [file = "", ...args] = named;
  const cancelled = await program.run(file, args);
  assert.equal(cancelled.exitCode, 0, cancelled.text);
  const { exitCode, text } = await said(() => driftAndRepair(program.dir));
  assert.equal(exitCode, 0, text);
});

test("a client runs as on a VM from any folder; psql also logs in as administrator", async () => {
  await deploy();
  const answer = join(program.dir, "answer.txt");
  const connect = join(PROJECT, "clients/shell/connect.sh");
  const onMachine = (app: string | undefined) =>
    runOnMachine(program.dir, app, [
      "sh",
      "-c",
      `cd / && sh '${connect}' psql -X -Atc 'SELECT session_user' -o '${answer}'`,
    ]);
  assert.equal(await onMachine(undefined), 0);
  assert.equal(readFileSync(answer, "utf8"), `${FIRST}\n`);
  assert.equal(await onMachine("reports"), 0);
  assert.equal(readFileSync(answer, "utf8"), "reports-vm\n");
  await assert.rejects(onMachine("payroll"), /orders, reports.*payroll.*EP-CLI-07/s);
  // Of what `exec` sets for the deployer nothing gets there, and no token is handed over.
  const others = { IDENTITY_ENDPOINT: "x", IDENTITY_HEADER: "x", PGPASSWORD: "x" };
  Object.assign(process.env, others);
  try {
    const script = 'test -z "$PGPASSWORD$IDENTITY_ENDPOINT$IDENTITY_HEADER"';
    assert.equal(await runOnMachine(program.dir, "orders", ["sh", "-c", script]), 0);
  } finally {
    for (const name of Object.keys(others)) delete process.env[name];
  }
  process.env.APP = "admin";
  try {
    assert.equal(await openPsql(program.dir, ["-X", "-Atc", "SELECT session_user", "-o", answer]), 0);
  } finally {
    delete process.env.APP;
  }
  assert.equal(readFileSync(answer, "utf8"), "sandbox-deployer\n");
});
