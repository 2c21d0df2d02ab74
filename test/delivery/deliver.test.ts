import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { after, describe, test } from "node:test";
import { CHANGES_FOUND, type DeliveryJob } from "../../delivery/jobs.ts";
import { deliver } from "../../delivery/run/deliver.ts";
import { end, eventLog, step, urnOf } from "./engineEvents.ts";

const root = mkdtempSync(join(tmpdir(), "deliver-"));
after(() => rmSync(root, { recursive: true, force: true }));

/** A CLI that notes its arguments and does what the script says; `$log` is the event log's path. */
function cli(script: string): { env: NodeJS.ProcessEnv; calls: () => string[]; folder: string } {
  const folder = mkdtempSync(join(root, "cli-"));
  const calls = join(folder, "calls");
  const file = join(folder, "pulumi");
  const lines = ["#!/bin/bash", `echo "$*" >> '${calls}'`, 'log="$' + '{@: -1}"', `cd '${folder}'`, script];
  writeFileSync(file, `${lines.join("\n")}\n`);
  chmodSync(file, 0o755);
  mkdirSync(join(folder, "tmp"));
  return {
    env: { ...process.env, PATH: [folder, process.env.PATH].join(delimiter), TMPDIR: join(folder, "tmp") },
    calls: () => (existsSync(calls) ? readFileSync(calls, "utf8").trimEnd().split("\n") : []),
    folder,
  };
}

async function run(
  job: DeliveryJob,
  script: string,
  more: { policyPack?: () => Promise<string[]>; env?: NodeJS.ProcessEnv } = {},
) {
  const { env, calls, folder } = cli(script);
  const [lines, shown]: [string[], string[]] = [[], []];
  const [summaryFile, outcomeFile] = [join(folder, "summary.md"), join(folder, "outcome")];
  writeFileSync(outcomeFile, "before=1\n");
  const exitCode = await deliver(job, {
    stack: "dev",
    summaryFile,
    outcomeFile,
    commit: "1a2b3c4",
    cwd: folder,
    env: { ...env, ...more.env },
    platform: "local",
    policyPack: more.policyPack ?? (async () => ["--policy-pack", "pack"]),
    rules: async () => new Map(),
    out: (chunk) => shown.push(chunk),
    log: (line) => lines.push(line),
  });
  return {
    exitCode,
    calls: calls().map((call) => call.replace(/ --event-log \S+$/, " --event-log LOG")),
    shown: shown.join(""),
    lines: lines.join("\n"),
    summary: readFileSync(summaryFile, "utf8"),
    outcome: readFileSync(outcomeFile, "utf8"),
    folder,
  };
}

const created = eventLog(step({ op: "create", type: "a:b:C", name: "new" }), end({ pack: true }));
const writeEvents = (events: string) => `cat > "$log" <<'EVENTS'\n${events}EVENTS\n`;

describe("a job", () => {
  test("previews after an update and a repair that nothing is left to change, with the pack", async () => {
    for (const [job, flags] of Object.entries({ up: "", repair: " --refresh --run-program" })) {
      assert.deepEqual((await run(job as DeliveryJob, writeEvents(created))).calls, [
        `up --yes --non-interactive --suppress-outputs${flags} --policy-pack pack --stack dev --event-log LOG`,
        "preview --non-interactive --suppress-outputs --expect-no-changes --policy-pack pack --stack dev --event-log LOG",
      ]);
    }
  });

  test("shows the output and writes summary and outcome", async () => {
    const done = await run("up", `${writeEvents(created)}echo said; echo complained >&2`);
    assert.equal(done.exitCode, 0);
    assert.match(done.shown, /said\n/);
    assert.match(done.shown, /complained\n/);
    assert.match(done.lines, /^\$ pulumi up --yes .* --stack dev$/m);
    assert.match(done.summary, /^## Update of `dev` at `1a2b3c4`$[\s\S]*^## Preview after the update of `dev`/m);
    assert.match(done.outcome, /^before=1\noutcome=unchanged\nreport<<(end-\S+)\n## Update of [\s\S]*\n\1\n$/);
  });

  test("ends at the step that fails, says what to do, and has it in the summary", async () => {
    const done = await run("up", "echo 'error: the stack is currently locked by 1 lock(s).' >&2; exit 255");
    assert.equal(done.exitCode, 255);
    assert.equal(done.calls.length, 1);
    assert.match(done.lines, /EP-DELIVERY-05 [\s\S]*next: /);
    assert.match(done.summary, /did not come to its end\*\* \(exit code 255\)[\s\S]*EP-DELIVERY-05/);
    assert.match(done.outcome, /\noutcome=failed\n/);
  });

  test("with drift answers with the CLI's own exit code, explains nothing, and tells it apart from a failure", async () => {
    const drift = eventLog(step({ op: "delete", event: "resOutputsEvent", type: "a:b:Role", name: "app" }), end());
    const done = await run(
      "drift",
      `${writeEvents(drift)}echo 'error: no changes were expected for refresh but changes were proposed'; exit ${CHANGES_FOUND}`,
    );
    assert.equal(done.exitCode, CHANGES_FOUND);
    assert.deepEqual(done.calls, [
      "refresh --preview-only --expect-no-changes --run-program --non-interactive --stack dev --event-log LOG",
    ]);
    assert.match(done.summary, /\*\*1 gone\*\*/);
    assert.match(done.outcome, /\noutcome=changed\n/);
    assert.doesNotMatch(done.lines, /next: /);
    assert.match((await run("drift", "exit 1")).outcome, /\noutcome=failed\n/);
  });

  test("whose events cannot be read keeps its exit code, and says that the summary lacks them", async () => {
    const done = await run("preview", writeEvents(`{"half\n${created}`));
    assert.equal(done.exitCode, 0);
    assert.match(done.lines, /The summary lacks what the engine did: Line 1 /);
    assert.match(done.summary, /did not come to its end/);
  });

  test("whose pack cannot be built runs nothing", async () => {
    const { env, calls, folder } = cli("exit 0");
    const policyPack = async () => {
      throw new Error("the pack does not compile");
    };
    const nothing = { out: () => {}, log: () => {}, rules: async () => new Map(), platform: "local" } as const;
    await assert.rejects(
      deliver("preview", { stack: "dev", cwd: folder, env, policyPack, ...nothing }),
      /does not compile/,
    );
    assert.deepEqual(calls(), []);
  });

  test("has events and calls where nobody else can read them, and takes them away", async () => {
    const done = await run(
      "preview",
      `for file in "$log" "$PULUMI_DEBUG_GRPC"; do stat -c %a "$(dirname "$file")" >> modes; echo "$file" >> where; done\n${writeEvents(created)}`,
    );
    assert.equal(readFileSync(join(done.folder, "modes"), "utf8"), "700\n700\n");
    const files = readFileSync(join(done.folder, "where"), "utf8").trim().split("\n");
    assert.equal(files.length, 2);
    for (const file of files) assert.equal(existsSync(dirname(file)), false, file);
  });

  test("draws what needs what, from the calls of the program", async () => {
    const [first, then] = ["first", "then"].map((name) => urnOf("a:b:C", name));
    const events = eventLog(
      step({ op: "create", type: "a:b:C", name: "first" }),
      step({ op: "update", type: "a:b:C", name: "then" }),
      end(),
    );
    const call = { method: "/pulumirpc.ResourceMonitor/RegisterResource", request: { dependencies: [first] } };
    const line = JSON.stringify({ ...call, response: { urn: then } });
    const done = await run("preview", `${writeEvents(events)}echo '${line}' > "$PULUMI_DEBUG_GRPC"`);
    assert.match(done.summary, /^ {2}n1 --> n2$/m);
  });

  test("leaves the log of calls to who has asked for one", async () => {
    const done = await run("preview", `echo "$PULUMI_DEBUG_GRPC" > where\n${writeEvents(created)}`, {
      env: { PULUMI_DEBUG_GRPC: "/own" },
    });
    assert.equal(readFileSync(join(done.folder, "where"), "utf8"), "/own\n");
  });

  test("says that there is no CLI where there is none", async () => {
    const folder = mkdtempSync(join(root, "none-"));
    const nothing = { out: () => {}, log: () => {}, rules: async () => new Map(), policyPack: async () => [] };
    const options = { stack: "dev", cwd: folder, env: { PATH: folder }, platform: "local", ...nothing } as const;
    await assert.rejects(deliver("drift", options), /pulumi cannot be started: .*ENOENT/);
  });
});

test("a signal reaches the CLI once, and the job waits for its end", { timeout: 60_000 }, async (context) => {
  const { env, folder } = cli(
    "[ $(ps -o pgid= -p $$) = $$ ] && echo leads >> signals\ntrap 'echo got >> signals; sleep 0.3; echo ended >> signals; exit 130' INT\necho ready\nwhile [ -d tmp ]; do sleep 0.05; done",
  );
  const program = `import { runEngine } from ${JSON.stringify(new URL("../../delivery/run/engine.ts", import.meta.url).href)};
    const { exitCode } = await runEngine({ args: [], cwd: ${JSON.stringify(folder)}, env: process.env, onOutput: (chunk) => process.stdout.write(chunk) });
    process.exitCode = exitCode;`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    env,
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  context.after(() => child.kill("SIGKILL"));
  const ended = once(child, "exit");
  // The event also comes when the program ends without output.
  await Promise.race([once(child.stdout, "readable"), ended]);
  assert.equal(String(child.stdout.read()), "ready\n");
  assert.equal(readdirSync(join(folder, "tmp")).length, 1);
  // A terminal signals its whole process group. The CLI leads a group of its own.
  process.kill(-(child.pid as number), "SIGINT");
  const [code] = await ended;
  assert.equal(code, 130);
  assert.equal(readFileSync(join(folder, "signals"), "utf8"), "leads\ngot\nended\n");
  assert.deepEqual(readdirSync(join(folder, "tmp")), []);
});
