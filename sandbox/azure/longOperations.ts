import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { ArmError } from "./azureNative/engine/armError.ts";

/** What a request for an operation's state is answered. */
export interface OperationState {
  name: string;
  status: "InProgress" | "Succeeded" | "Failed";
  startTime: string;
  endTime?: string;
  error?: { code: string; message: string };
}

/** Milliseconds in which a change is refused in its own response, as Azure does what it can see without work. */
const REFUSED_AT_ONCE = 50;

const PATH = /\/azureAsyncOperation\/([\w-]+)$/i;

/**
 * Changes that go on after the response, each with an address that tells its state.
 * Source: Azure/azure-resource-manager-rpc, v1.0/async-api-reference.md, "Azure-AsyncOperation".
 */
export class LongOperations {
  readonly #states = new Map<string, OperationState>();

  /**
   * Begins a change. @returns the path of its state
   * @throws ArmError where it is refused at once
   */
  async begin(id: string, change: Promise<unknown>): Promise<string> {
    const state: OperationState = { name: randomUUID(), status: "InProgress", startTime: new Date().toISOString() };
    const end = (status: OperationState["status"]) =>
      Object.assign(state, { status, endTime: new Date().toISOString() });
    const done = change.then(
      () => end("Succeeded"),
      (error: unknown) => {
        const { code, text } =
          error instanceof ArmError ? error : { code: "InternalServerError", text: "The sandbox failed." };
        Object.assign(end("Failed"), { error: { code, message: text } });
      },
    );
    await Promise.race([change, sleep(REFUSED_AT_ONCE)]);
    this.#states.set(state.name, state);
    void done;
    const [, , subscription = "", , , , namespace = ""] = id.split("/");
    return `/subscriptions/${subscription}/providers/${namespace}/locations/westeurope/azureAsyncOperation/${state.name}`;
  }

  /** The state at a path; undefined for a path of another kind, or an unknown operation. */
  state(path: string): OperationState | undefined {
    return this.#states.get(PATH.exec(path)?.[1] ?? "");
  }
}
