import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { isUnfinished } from "../../sandbox/cli/unfinished.ts";
import { removeState } from "../../sandbox/postgres/placement.ts";
import { pulumiFolder } from "../../tools/pulumi/pulumiCli.ts";
import { TerminalProgram } from "../harness/terminalProgram.ts";

const dir = mkdtempSync(join(tmpdir(), "entra-postgres-stops-"));
let folder: string;
before(async () => {
  folder = await pulumiFolder({ log: (line) => console.error(line) });
});
after(() => removeState(dir));

/** Runs what `make sandbox` runs, and presses Ctrl-C once this text is printed. */
async function interruptedAt(text: string): Promise<{ exitCode: number; said: string }> {
  const options = JSON.stringify({ dir, providers: "emulator", pulumiFolder: folder });
  const program = new TerminalProgram(`import { demonstrate } from "./sandbox/cli/demo.ts";
    process.exitCode = await demonstrate({ ...${options}, log: console.log });`);
  await program.printed(text);
  program.interrupt();
  return { exitCode: await program.ended, said: program.output };
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
