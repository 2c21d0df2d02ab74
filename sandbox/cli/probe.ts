import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeState } from "../postgres/placement.ts";
import type { SandboxOptions } from "../sandbox.ts";
import { withStack } from "./access.ts";

/**
 * Deploys the program on a new sandbox and asks it for every row of the ledger that can be asked. Removes the sandbox afterwards.
 * @param args options of `node sandbox/ledger/main.ts`
 * @returns the exit code: 7 when an answer is not what the ledger says
 */
export async function probeSandbox(options: Omit<SandboxOptions, "dir">, args: readonly string[]): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), "entra-postgres-probe-"));
  const removeFolder = () => removeState(dir);
  process.on("exit", removeFolder);
  // The probes ask the server and the resource manager, for which the emulated providers are enough.
  const all = { ...options, providers: "emulator", dir, stopsAtOnce: true } as const;
  const exitCode = await withStack(all, async ({ stack, shutdown }) => {
    await stack.init();
    console.log("== pulumi up");
    const deployed = await stack.up();
    if (deployed !== 0 || shutdown.signal) return shutdown.exitCode(1);
    console.log("\n== Asking for the ledger's rows");
    return shutdown.exitCode(await stack.probe(["--firewall", ...args]));
  });
  removeFolder();
  process.off("exit", removeFolder);
  return exitCode;
}
