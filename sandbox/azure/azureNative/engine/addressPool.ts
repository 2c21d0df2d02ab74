/** Loopback addresses 127.0.0.1, 127.0.0.2 and so on, each assigned once; the lowest free one first. */
export class AddressPool {
  readonly #taken: Set<string>;

  /** @param taken addresses that are in use already */
  constructor(taken: Iterable<unknown>) {
    this.#taken = new Set([...taken].filter((address) => typeof address === "string"));
  }

  /**
   * Takes an address.
   * @throws Error when all 254 are taken
   */
  take(): string {
    for (let last = 1; last < 255; last++) {
      const address = `127.0.0.${last}`;
      if (this.#taken.has(address)) continue;
      this.#taken.add(address);
      return address;
    }
    throw new Error("The sandbox has no loopback address left of its 254. Destroy a stack that is no longer needed.");
  }

  /** Gives an address back. */
  release(address: unknown): void {
    if (typeof address === "string") this.#taken.delete(address);
  }
}
