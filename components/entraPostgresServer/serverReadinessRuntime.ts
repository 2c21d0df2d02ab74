import { changeResource } from "../azure/azureChange.ts";
import { namesIn } from "../azure/flexibleServer.ts";
import { API_VERSION } from "../azure/resourceManager.ts";
import { fieldDiff } from "../postgres/fieldDiff.ts";

/** What the engine calls, by way of the stub in `serverReadiness.ts`. */

/** The inputs as the engine hands them over. */
export interface ReadinessInputs {
  serverId: string;
  deadlineSeconds: number;
}

/** An object id that no principal has. */
const NOBODY = "00000000-0000-0000-0000-000000000000";

export async function check(_olds: ReadinessInputs, news: ReadinessInputs) {
  return { inputs: news, failures: [] };
}

export async function diff(_id: string, olds: ReadinessInputs, news: ReadinessInputs) {
  return fieldDiff(olds, news, ["serverId"]);
}

export async function create(inputs: ReadinessInputs): Promise<{ id: string; outs: ReadinessInputs }> {
  const { serverId, deadlineSeconds } = inputs;
  const nobody = {
    id: `${serverId}/administrators/${NOBODY}`,
    apiVersion: API_VERSION,
    at: `server "${namesIn(serverId).server}"`,
    step: "waiting until it takes administrators",
    deadlineSeconds,
  };
  await changeResource(nobody, { method: "DELETE" });
  return { id: serverId, outs: inputs };
}

export async function update(_id: string, _olds: ReadinessInputs, news: ReadinessInputs) {
  return { outs: news };
}

export async function read(id: string, props: ReadinessInputs) {
  return { id, props };
}

export async function remove(): Promise<void> {}
