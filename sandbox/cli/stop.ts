import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { isAlive } from "../../tools/pulumi/processes.ts";
import { ProcessLock } from "../../tools/pulumi/processLock.ts";
import { GRACE_SECONDS } from "../processes/shutdown.ts";

/** Seconds until the sandbox is killed. It may wait for a running command. */
const LIMIT_SECONDS = GRACE_SECONDS + 6;

/** Stops the sandbox of this folder when one is up. @returns 0 */
export async function stopRunning(dir: string): Promise<number> {
  const holder = ProcessLock.holder(join(dir, "lock"));
  if (!holder) return 0;
  console.error(`Stopping the sandbox, process ${holder.pid} ...`);
  process.kill(holder.pid, "SIGTERM");
  const deadline = Date.now() + LIMIT_SECONDS * 1000;
  while (isAlive(holder)) {
    if (Date.now() > deadline) process.kill(holder.pid, "SIGKILL");
    await delay(50); // It is not a child of this process, so there is no event.
  }
  return 0;
}
