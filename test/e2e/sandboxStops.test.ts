import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { isUnfinished } from "../../sandbox/cli/unfinished.ts";
import { removeState } from "../../sandbox/postgres/placement.ts";
import { pulumiFolder } from "../../tools/pulumi/pulumiCli.ts";

const PROJECT = join(import.meta.dirname, "../..");
const dir = mkdtempSync(join(tmpdir(), "entra-postgres-stops-"));
const started: ChildProcess[] = [];
let folder: string;
before(async () => {
  folder = await pulumiFolder({ log: (line) => console.error(line) });
});
after(() => {
  for (const child of started) child.kill("SIGKILL");
  removeState(dir);
});

/** Runs what `make sandbox` runs, in a process of its own, and presses Ctrl-C when it has said this. */
async function interruptedAt(text: string): Promise<{ exitCode: number; said: string }> {
  const program = `import { demonstrate } from "./sandbox/cli/demo.ts";
    process.exitCode = await demonstrate({ dir: ${JSON.stringify(dir)}, providers: "emulator", pulumiFolder: ${JSON.stringify(folder)}, log: console.log });`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    cwd: PROJECT,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  started.push(child);
  const lines: string[] = [];
  const ends = [child.stdout, child.stderr].map((input) => {
    const reader = createInterface({ input });
    reader.on("line", (line) => {
      lines.push(line);
      // As a terminal does: to the whole process group.
      if (line.includes(text)) process.kill(-(child.pid as number), "SIGINT");
    });
    return once(reader, "close");
  });
  const [[exitCode]] = await Promise.all([once(child, "exit"), ...ends]);
  return { exitCode, said: lines.join("\n") };
}

test("interrupted during a change, it leaves no lock and the next run starts over", async () => {
  const { exitCode, said } = await interruptedAt("app-server created");
  assert.equal(exitCode, 130, said);
  assert.match(said, /Stopping: waiting for the running command/);
  assert.match(said, /stopped during a change: the next run starts from an empty sandbox/);
  assert.equal(isUnfinished(dir), true);

  const next = await interruptedAt("== pulumi up");
  assert.match(next.said, /its state is removed, the sandbox starts empty/);
});

test("interrupted before a change, the next run continues", async () => {
  const { exitCode, said } = await interruptedAt("== pulumi up");
  assert.equal(exitCode, 130, said);
  assert.match(said, /Its state stays; the next run continues with it\./);
  assert.equal(isUnfinished(dir), false);
  assert.doesNotMatch(said, /starts empty/);
});
