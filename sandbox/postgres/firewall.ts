import { BlockList, isIPv4 } from "node:net";

/** A firewall rule: a range of IPv4 addresses that can connect. */
export interface FirewallRule {
  name: string;
  startIpAddress: string;
  endIpAddress: string;
}

/** A client's IPv4 address. Azure's firewall has IPv4 rules only, so `::1` counts as 127.0.0.1. */
export function clientAddress(remote: string | undefined): string {
  if (remote === undefined) return "";
  if (remote === "::1") return "127.0.0.1";
  return remote.startsWith("::ffff:") ? remote.slice("::ffff:".length) : remote;
}

/** The addresses that can connect to a server. */
export class Firewall {
  readonly #allowed: BlockList | undefined;

  /**
   * @param rules undefined for a server inside a virtual network, which has no firewall: every address can connect. With an empty list no address
   * can. The range 0.0.0.0 to 0.0.0.0 means every address inside Azure, where the sandbox's clients are.
   * @throws Error for a rule that is not an IPv4 range
   */
  constructor(rules: readonly FirewallRule[] | undefined) {
    if (!rules) return;
    this.#allowed = new BlockList();
    for (const { name, startIpAddress, endIpAddress } of rules) {
      const rule = `The firewall rule ${name} goes from ${startIpAddress} to ${endIpAddress}`;
      if (!isIPv4(startIpAddress) || !isIPv4(endIpAddress)) throw new Error(`${rule}: both must be IPv4 addresses.`);
      if (startIpAddress === "0.0.0.0" && endIpAddress === "0.0.0.0") {
        this.#allowed.addSubnet("127.0.0.0", 8, "ipv4");
        continue;
      }
      try {
        this.#allowed.addRange(startIpAddress, endIpAddress, "ipv4");
      } catch {
        throw new Error(`${rule}: the start must not lie after the end.`);
      }
    }
  }

  allows(address: string): boolean {
    return this.#allowed === undefined || (isIPv4(address) && this.#allowed.check(address, "ipv4"));
  }
}

/** The firewall of a server, whose changes may hold only after a while. */
export class ChangingFirewall {
  #firewall: Firewall;
  #closed: boolean;
  readonly #timers = new Set<NodeJS.Timeout>();

  /** @param rules as for {@link Firewall} */
  constructor(rules: readonly FirewallRule[] | undefined) {
    this.#firewall = new Firewall(rules);
    this.#closed = rules !== undefined;
  }

  allows(address: string): boolean {
    return this.#firewall.allows(address);
  }

  /**
   * Changes the rules.
   * @param delaySeconds until the change holds; a server that had no firewall gets one at once, lest it is open to all meanwhile
   * @throws Error for a rule that is not an IPv4 range
   */
  change(rules: readonly FirewallRule[] | undefined, delaySeconds: number): void {
    const firewall = new Firewall(rules);
    const apply = () => {
      this.#firewall = firewall;
    };
    if (delaySeconds === 0 || !this.#closed) apply();
    else this.#timers.add(setTimeout(apply, delaySeconds * 1000).unref());
    this.#closed = rules !== undefined;
  }

  /** Drops the changes that do not hold yet. */
  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }
}
