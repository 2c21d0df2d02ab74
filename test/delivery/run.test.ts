import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { runExplained } from "../../tools/delivery/run.ts";
import { PROJECT } from "./workflows.ts";

const folder = mkdtempSync(join(tmpdir(), "run-"));
after(() => rmSync(folder, { recursive: true }));

async function run(args: string[], env: Record<string, string> = {}) {
  const lines: string[] = [];
  let output = "";
  const code = await runExplained(args, {
    env: { PATH: process.env.PATH, ...env },
    out: (chunk) => {
      output += chunk;
    },
    log: (line) => lines.push(line),
  });
  return { code, output, lines };
}

const script = (text: string) => ["--", process.execPath, "-e", text];

describe("run", () => {
  test("passes on the output and the exit code", async () => {
    const { code, output, lines } = await run(script("console.log('one'); console.error('two'); process.exit(7)"));
    assert.deepEqual([code, output.split("\n").sort(), lines], [7, ["", "one", "two"], []]);
  });

  test("explains a known failure, with the stack that is delivered", async () => {
    const text = "console.error('error: [409] Conflict: Another update is currently in progress'); process.exit(1)";
    const { lines } = await run(script(text), { PULUMI_STACK: "test", GITHUB_ACTIONS: "true" });
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? "", /^::error title=Another run is updating test\.::Next: .*pulumi cancel --stack test/);
  });

  test("explains nothing where all went well", async () => {
    const { code, lines } = await run(script("console.log(\"no stack named 'x' found\")"));
    assert.deepEqual([code, lines], [0, []]);
  });

  test("appends a report that the output cannot break out of", async () => {
    const file = join(folder, "summary.md");
    const text =
      "console.log('````\\n\\u001b[31m</details> @team'); console.log(\"no stack named 'x' found\"); process.exit(6)";
    await run(["--title", "destroy <x>", "--summary", file, ...script(text)]);
    await run(["--title", "next", "--summary", file, ...script("")]);
    const report = readFileSync(file, "utf8");
    assert.match(report, /^### destroy &#60;x&#62; failed\n\n> \*\*The state holds no stack x\.\*\*/);
    assert.match(report, /\n`{5}text\n````\n<\/details> @team\nno stack named 'x' found\n`{5}\n\n<\/details>\n/);
    assert.match(report, /### next went through/);
  });

  test("keeps the end of a long output", async () => {
    const file = join(folder, "long.md");
    await run(["--summary", file, ...script("console.log('a'.repeat(60000) + 'end')")]);
    const report = readFileSync(file, "utf8");
    assert.ok(report.length < 42_000, `${report.length}`);
    assert.match(report, /the beginning is left out\)\na+end\n/);
  });

  test("a command that is not there, and a wrong call", async () => {
    const { code, output } = await run(["--", "/nothing/there"]);
    assert.equal(code, 127);
    assert.match(output, /\/nothing\/there cannot be started/);
    for (const args of [[], ["--"], ["--nothing", "--", "x"], ["x"]]) assert.equal((await run(args)).code, 2);
  });

  test("a signal goes to the command, whose end is awaited", async () => {
    const command =
      "process.on('SIGTERM', () => { console.log('tidied'); process.exit(3) }); setInterval(() => {}, 1000); console.log('up')";
    const child = spawn(process.execPath, [join(PROJECT, "tools/delivery/main.ts"), "run", ...script(command)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk;
      if (chunk.includes("up")) child.kill("SIGTERM");
    });
    const [code] = await once(child, "close");
    assert.deepEqual([code, output], [3, "up\ntidied\n"]);
  });

  test("a command that a signal ended has the exit code of a shell", async () => {
    assert.equal((await run(script("process.kill(process.pid, 'SIGKILL')"))).code, 137);
  });
});
