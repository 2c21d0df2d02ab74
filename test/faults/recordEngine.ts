// node test/faults/recordEngine.ts: writes down what the real engine makes of the commands, after a change of its version.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "../harness/testServer.ts";
import { outcomes, record } from "./engineCommands.ts";
import { engineSide } from "./engineSide.ts";

const dir = temporaryDirectory();
try {
  const all = await outcomes(await engineSide(join(dir, "engine")));
  record(all);
  console.log(`${all.length} commands written down`);
} finally {
  rmSync(dir, { recursive: true, force: true });
}
