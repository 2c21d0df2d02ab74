import { setTimeout as sleep } from "node:timers/promises";
import { type AssertionEndpoint, requestAssertion } from "../../components/azure/assertionEndpoint.ts";
import type { TokenFile } from "./tokenFile.ts";

/** Seconds of the first and of the longest pause before an endpoint that failed is asked again. */
const PAUSE = [1, 15] as const;
/** Tries for the first assertion. */
const FIRST_TRIES = 5;
/** Seconds until the next assertion where one does not say when it ends. */
const UNTOLD = 120;

/**
 * Keeps a file filled with an assertion that is not over. Each is replaced when half of its life is gone: the Go SDK's
 * WorkloadIdentityCredential goes on for 10 minutes with what it read (sdk/azidentity/workload_identity.go of Azure/azure-sdk-for-go), Node.js's
 * for 5, so what they read should be young. The access token that they get for it lives for an hour or more.
 */
export class Keeper {
  readonly #endpoint: AssertionEndpoint;
  readonly #file: TokenFile;
  readonly #say: (line: string) => void;
  readonly #stopped = new AbortController();
  /** When the assertion in the file is over: milliseconds since the epoch, where it says so. */
  #over: number | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(endpoint: AssertionEndpoint, file: TokenFile, say: (line: string) => void) {
    this.#endpoint = endpoint;
    this.#file = file;
    this.#say = say;
  }

  /**
   * Fills the file for the first time, and goes on from there.
   * @throws {Error} when the endpoint refuses, or gives nothing several times
   */
  async start(): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        await this.#renew();
        break;
      } catch (error) {
        // Who is refused is refused again; the rest passes.
        if (tries === FIRST_TRIES || /answered 4(?!08|29)/.test((error as Error).message)) throw error;
        await this.#wait(pauseAfter(tries));
      }
    }
    this.#running = this.#keep();
  }

  /** Resolves when there is nothing to keep any more: it was stopped, or the folder of the file is gone, as at the end of a job. */
  async ended(): Promise<void> {
    await this.#running;
  }

  /** Ends it and removes the file. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
    this.#file.remove();
  }

  async #keep(): Promise<void> {
    let failures = 0;
    while (await this.#wait(failures > 0 ? pauseAfter(failures) : this.#half())) {
      if (!this.#file.exists) return;
      try {
        await this.#renew();
        failures = 0;
      } catch (error) {
        if (this.#stopped.signal.aborted) return;
        failures += 1;
        // One line for an outage, however long.
        if (failures === 1) this.#say(this.#outage(error));
      }
    }
  }

  #outage(error: unknown): string {
    const until = this.#over === undefined ? "" : `, which is over at ${new Date(this.#over).toISOString()}`;
    return `federatedToken: ${(error as Error).message}; asking again until it does. The file keeps the assertion before${until}.`;
  }

  async #renew(): Promise<void> {
    const assertion = await requestAssertion(this.#endpoint, this.#stopped.signal);
    this.#file.write(assertion);
    this.#over = expiryOf(assertion);
  }

  /** Seconds until half of the life that is left is gone. */
  #half(): number {
    return this.#over === undefined ? UNTOLD : Math.max(0.5, (this.#over - Date.now()) / 2000);
  }

  /** Answers false when it was stopped meanwhile. */
  async #wait(seconds: number): Promise<boolean> {
    // A timer of Node.js takes no more than 24 days.
    await sleep(Math.min(seconds, 86_400) * 1000, undefined, { signal: this.#stopped.signal }).catch(() => {});
    return !this.#stopped.signal.aborted;
  }
}

function pauseAfter(failures: number): number {
  return Math.min(PAUSE[0] * 1.5 ** (failures - 1), PAUSE[1]) * (0.75 + Math.random() / 2);
}

function expiryOf(assertion: string): number | undefined {
  try {
    const { exp } = JSON.parse(Buffer.from(assertion.split(".")[1] ?? "", "base64url").toString("utf8"));
    return typeof exp === "number" ? exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}
