import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { SecureVersion } from "node:tls";
import type { IssuedCertificate } from "../../sandbox/postgres/certificates.ts";
import { Link } from "./cutterLink.ts";
import type { Action, CutterOptions, SeenMessage } from "./cutting.ts";

/** Where to cut, how, and how often. */
export interface Cut {
  matches(message: SeenMessage): boolean;
  action: Action;
  /** How many messages are cut. @default 1 */
  times?: number;
  /** Called first, with the message that is cut. */
  onCut?(message: SeenMessage): void;
}

/**
 * What a client meets: the server; a port that resets; one that never answers; one that says it has no TLS, and asks a client
 * that goes on all the same for its password; one that slips in an answer before TLS.
 */
export type Mode = "normal" | "refuse" | "drop" | "noTls" | "inject";

/**
 * Stands between a client and the gateway, ends TLS on both sides, and so can cut at any message of PostgreSQL's protocol while the
 * client verifies a certificate as always.
 */
export class Cutter {
  readonly port: number;
  /** Every message since the last reset. */
  readonly seen: SeenMessage[] = [];
  /** The cuts to make. A cut that was made as often as it is to be has no effect any more. */
  cuts: Cut[] = [];
  mode: Mode = "normal";
  /** The certificate that clients see; by default one of the authority for localhost. */
  certificate: IssuedCertificate;
  /** The TLS versions that clients are offered. */
  tls: { minVersion: SecureVersion; maxVersion: SecureVersion; ciphers?: string } = {
    minVersion: "TLSv1.2",
    maxVersion: "TLSv1.3",
  };
  /** How many clients came since the last reset. */
  connections = 0;
  /** How many passwords arrived here since the last reset. */
  passwords = 0;

  readonly #options: CutterOptions;
  readonly #server: Server;
  readonly #own: IssuedCertificate;
  /** The connections since the last reset. */
  #links: Link[] = [];
  readonly #made = new Map<Cut, number>();

  private constructor(options: CutterOptions, server: Server, certificate: IssuedCertificate) {
    this.#options = options;
    this.#server = server;
    this.#own = certificate;
    this.certificate = certificate;
    this.port = (server.address() as AddressInfo).port;
    server.on("connection", (client) => this.#accept(client));
  }

  static async start(options: CutterOptions): Promise<Cutter> {
    const certificate = await options.authority.issue({ dns: ["localhost"], ip: ["127.0.0.1"] });
    const server = createServer({ noDelay: true });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new Cutter(options, server, certificate);
  }

  /** Forgets everything and ends every connection. */
  reset(): void {
    this.seen.length = 0;
    this.cuts = [];
    this.#made.clear();
    this.mode = "normal";
    this.certificate = this.#own;
    this.tls = { minVersion: "TLSv1.2", maxVersion: "TLSv1.3" };
    this.connections = 0;
    this.passwords = 0;
    for (const link of this.#links.splice(0)) {
      link.end();
    }
  }

  async close(): Promise<void> {
    this.reset();
    this.#server.close();
    await once(this.#server, "close");
  }

  #accept(client: Socket): void {
    const link = new Link(this, this.#options, this.connections, client);
    this.#links.push(link);
    this.connections += 1;
    if (this.mode === "refuse") {
      link.reset();
    } else if (this.mode === "noTls") {
      void link.runUnprotected("N");
    } else if (this.mode === "inject") {
      void link.runUnprotected("SR\0\0\0\b\0\0\0\0Z\0\0\0\u0005I");
    } else if (this.mode === "normal") {
      void link.run();
    }
  }

  /** Notes the message. Answers what is to be done in place of passing it on. */
  meet(message: SeenMessage): Action | undefined {
    this.seen.push(message);
    if (message.type === "PasswordMessage") {
      this.passwords += 1;
    }
    const cut = this.cuts.find((one) => (this.#made.get(one) ?? 0) < (one.times ?? 1) && one.matches(message));
    if (!cut) {
      return undefined;
    }
    this.#made.set(cut, (this.#made.get(cut) ?? 0) + 1);
    cut.onCut?.(message);
    return cut.action;
  }
}
