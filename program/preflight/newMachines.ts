import type { Settings } from "../config/settings.ts";

/** Names of the VMs that the program creates. */
export function newMachines({ apps }: Settings): string[] {
  return apps.flatMap(({ vmName }) => vmName ?? []);
}
