import { setTimeout as sleep } from "node:timers/promises";
import { type AssertionEndpoint, requestAssertion } from "../../components/azure/assertionEndpoint.ts";
import type { TokenFile } from "./tokenFile.ts";

/** Seconds of the first and of the longest pause before a failed endpoint is asked again. */
const PAUSE = [1, 15] as const;
/** Tries for the first token. */
const FIRST_TRIES = 5;
/** Seconds until the next token when a token does not name its expiry. */
const DEFAULT_SECONDS = 120;

/**
 * Keeps a file filled with an OIDC token that has not expired. Each token is replaced after half of its life, because the SDKs cache what they
 * read: the Go SDK's WorkloadIdentityCredential for 10 minutes (sdk/azidentity/workload_identity.go of Azure/azure-sdk-for-go), Node.js's for 5.
 * The access tokens that they get for it live for an hour or more.
 */
export class Keeper {
  readonly #endpoint: AssertionEndpoint;
  readonly #file: TokenFile;
  readonly #say: (line: string) => void;
  readonly #stopped = new AbortController();
  /** When the token in the file expires, in milliseconds since the epoch, if it names that. */
  #expiry: number | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(endpoint: AssertionEndpoint, file: TokenFile, say: (line: string) => void) {
    this.#endpoint = endpoint;
    this.#file = file;
    this.#say = say;
  }

  /**
   * Fills the file and starts to renew it.
   * @throws {Error} when the endpoint refuses, or fails several times
   */
  async start(): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        await this.#renew();
        break;
      } catch (error) {
        // A refusal is final; other failures may pass.
        if (tries === FIRST_TRIES || /answered 4(?!08|29)/.test((error as Error).message)) throw error;
        await this.#wait(pauseAfter(tries));
      }
    }
    this.#running = this.#keep();
  }

  /** Resolves when it was stopped, or when the folder of the file is gone, as at the end of a job. */
  async ended(): Promise<void> {
    await this.#running;
  }

  /** Stops renewing and removes the file. */
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
        // One line for each outage.
        if (failures === 1) this.#say(this.#outageLine(error));
      }
    }
  }

  #outageLine(error: unknown): string {
    const until = this.#expiry === undefined ? "" : `, which expires at ${new Date(this.#expiry).toISOString()}`;
    return `federatedToken: ${(error as Error).message}; trying again. The file keeps the token before${until}.`;
  }

  async #renew(): Promise<void> {
    const token = await requestAssertion(this.#endpoint, this.#stopped.signal);
    this.#file.write(token);
    this.#expiry = expiryOf(token);
  }

  /** Half of the remaining seconds of the token. */
  #half(): number {
    return this.#expiry === undefined ? DEFAULT_SECONDS : Math.max(0.5, (this.#expiry - Date.now()) / 2000);
  }

  /** @returns false when it was stopped meanwhile */
  async #wait(seconds: number): Promise<boolean> {
    // Node.js's timers take at most 24 days.
    await sleep(Math.min(seconds, 86_400) * 1000, undefined, { signal: this.#stopped.signal }).catch(() => {});
    return !this.#stopped.signal.aborted;
  }
}

function pauseAfter(failures: number): number {
  return Math.min(PAUSE[0] * 1.5 ** (failures - 1), PAUSE[1]) * (0.75 + Math.random() / 2);
}

function expiryOf(token: string): number | undefined {
  try {
    const { exp } = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
    return typeof exp === "number" ? exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}
