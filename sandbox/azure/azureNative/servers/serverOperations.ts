import { setTimeout as sleep } from "node:timers/promises";
import { armError } from "../engine/armError.ts";
import { nameInId } from "../engine/armId.ts";

/**
 * One operation at a time on a flexible server, as in Azure: a second one that comes while the first runs is refused, not queued.
 * Source: the text is that of Azure/azure-postgresql issue 134; issue 127 and hashicorp/terraform-provider-azurerm issue 28298 show more.
 */
export class ServerOperations {
  readonly #running = new Map<string, { what: string; wholeServer: boolean }>();
  /** Seconds that an operation takes at least, so that two of them meet as they do on Azure. */
  readonly #seconds: number;

  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  /** Whether an operation runs on the server. */
  isBusy(serverId: string): boolean {
    return this.#running.has(serverId.toLowerCase());
  }

  /** Whether an operation runs that takes the server itself out of state Ready: its creation, update or deletion. */
  isChanging(serverId: string): boolean {
    return this.#running.get(serverId.toLowerCase())?.wholeServer ?? false;
  }

  /** Runs an operation on the server itself. @throws ArmError ServerIsBusy while another operation runs */
  change<T>(serverId: string, what: string, operation: () => Promise<T>): Promise<T> {
    return this.#exclusive(serverId, { what, wholeServer: true }, operation);
  }

  /** Runs an operation on something in a server. @throws ArmError ServerIsBusy while another operation runs */
  run<T>(serverId: string, what: string, operation: () => Promise<T>): Promise<T> {
    return this.#exclusive(serverId, { what, wholeServer: false }, operation);
  }

  async #exclusive<T>(
    serverId: string,
    next: { what: string; wholeServer: boolean },
    operation: () => Promise<T>,
  ): Promise<T> {
    const key = serverId.toLowerCase();
    const other = this.#running.get(key);
    if (other !== undefined)
      throw armError("ServerIsBusy", { server: nameInId(serverId), what: next.what, other: other.what });
    this.#running.set(key, next);
    try {
      const [result] = await Promise.all([operation(), sleep(this.#seconds * 1000)]);
      return result;
    } finally {
      this.#running.delete(key);
    }
  }
}
