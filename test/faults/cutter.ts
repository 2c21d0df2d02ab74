import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { createSecureContext, type SecureVersion, TLSSocket, connect as tlsConnect } from "node:tls";
import type { CertificateAuthority, IssuedCertificate } from "../../sandbox/postgres/certificates.ts";
import { type Direction, MessageReader } from "./protocolMessages.ts";

/** A message that came by. */
export interface SeenMessage {
  /** Number of the connection, from 0, in the order in which they came. */
  connection: number;
  direction: Direction;
  /** Number of the message within its connection and direction, from 0: the same in every run that does the same. */
  ordinal: number;
  /**
   * PostgreSQL's name of it; before TLS "connect" (a client came), "SSLRequest", "S" (the server speaks TLS) and "TLS" (both
   * handshakes are done).
   */
  type: string;
  /** The SQL, command tag or SQLSTATE in it; never a password. */
  text?: string;
}

/**
 * What is done in place of passing a message on: `reset` sends a TCP reset to both sides, `close` ends both connections, `stall`
 * passes nothing more and keeps both open, `delay` passes it on after milliseconds.
 */
export type Action = "reset" | "close" | "stall" | { delay: number };

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
 * What a client meets: the server; a port that resets; one that never answers; a server that refuses TLS; one that slips in an
 * answer before TLS.
 */
export type Mode = "normal" | "refuse" | "drop" | "noTls" | "inject";

/** Options of {@link Cutter.start}. */
export interface CutterOptions {
  /** The gateway's port on 127.0.0.1. */
  targetPort: number;
  /** Signs the certificate that clients see, and is trusted for the gateway's. */
  authority: CertificateAuthority;
}

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
  readonly #sockets = new Set<Socket>();
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
    for (const socket of this.#sockets) {
      socket.destroy();
    }
  }

  async close(): Promise<void> {
    this.reset();
    this.#server.close();
    await once(this.#server, "close");
  }

  #accept(client: Socket): void {
    const connection = this.connections;
    this.connections += 1;
    this.#hold(client);
    if (this.mode === "refuse") {
      client.resetAndDestroy();
    } else if (this.mode === "noTls") {
      client.once("data", () => client.write("N"));
    } else if (this.mode === "inject") {
      client.once("data", () => client.write("SR\0\0\0\b\0\0\0\0Z\0\0\0\u0005I", "latin1"));
    } else if (this.mode === "normal") {
      const link = new Link(this, this.#options, connection, client, (socket) => this.#hold(socket));
      link.run().catch(() => link.reset());
    }
  }

  #hold(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => this.#sockets.delete(socket));
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

/** Thrown where a connection was cut, to leave what was going on. */
class WasCut extends Error {}

/** One client's connection and the one to the gateway behind it. */
class Link {
  readonly #cutter: Cutter;
  readonly #options: CutterOptions;
  readonly #connection: number;
  readonly #client: Socket;
  readonly #hold: (socket: Socket) => void;
  readonly #ordinals = { toServer: 0, toClient: 0 };
  #server: Socket | undefined;
  #cut = false;

  constructor(
    cutter: Cutter,
    options: CutterOptions,
    connection: number,
    client: Socket,
    hold: (socket: Socket) => void,
  ) {
    this.#cutter = cutter;
    this.#options = options;
    this.#connection = connection;
    this.#client = client;
    this.#hold = hold;
  }

  reset(): void {
    this.#cut = true;
    this.#client.resetAndDestroy();
    this.#server?.resetAndDestroy();
  }

  async run(): Promise<void> {
    await this.#meet("toServer", "connect");
    const server = connect(this.#options.targetPort, "127.0.0.1");
    this.#server = server;
    this.#hold(server);
    server.setNoDelay(true);
    this.#client.once("close", () => server.destroy());
    server.once("close", () => this.#client.destroySoon());
    const request = await firstChunk(this.#client);
    await this.#meet("toServer", "SSLRequest");
    server.write(request);
    const answer = await firstChunk(server);
    await this.#meet("toClient", answer.toString("latin1"));
    this.#client.write(answer);
    const [outer, inner] = await Promise.all([this.#secureClient(), this.#secureServer(server)]);
    await this.#meet("toClient", "TLS");
    this.#pass("toServer", outer, inner);
    this.#pass("toClient", inner, outer);
  }

  async #secureClient(): Promise<TLSSocket> {
    const { certificate, tls } = this.#cutter;
    const secureContext = createSecureContext({ key: certificate.keyPem, cert: certificate.certPem, ...tls });
    const secured = new TLSSocket(this.#client, { isServer: true, secureContext, ALPNProtocols: ["postgresql"] });
    secured.on("error", () => this.reset());
    await once(secured, "secure");
    return secured;
  }

  async #secureServer(socket: Socket): Promise<TLSSocket> {
    const secured = tlsConnect({
      socket,
      servername: "localhost",
      ca: this.#options.authority.certificatePem,
      ALPNProtocols: ["postgresql"],
    });
    secured.on("error", () => this.reset());
    await once(secured, "secureConnect");
    return secured;
  }

  /** Passes messages on one by one, in order, until one is cut. */
  #pass(direction: Direction, from: TLSSocket, to: TLSSocket): void {
    const reader = new MessageReader(direction);
    let before: Promise<unknown> = Promise.resolve();
    const deliver = async (chunk: Buffer) => {
      for (const { type, text, raw } of reader.read(chunk)) {
        await this.#meet(direction, type, text);
        to.write(raw);
      }
    };
    from.on("data", (chunk: Buffer) => {
      before = before.then(() => deliver(chunk)).catch(() => {});
    });
    from.once("end", () => {
      before = before.then(() => this.#cut || to.end()).catch(() => {});
    });
  }

  async #meet(direction: Direction, type: string, text?: string): Promise<void> {
    if (this.#cut) {
      throw new WasCut();
    }
    const action = this.#cutter.meet({
      connection: this.#connection,
      direction,
      ordinal: this.#ordinals[direction]++,
      type,
      ...(text === undefined ? {} : { text }),
    });
    if (typeof action === "object") {
      await sleep(action.delay);
    } else if (action) {
      this.#perform(action);
      throw new WasCut();
    }
  }

  #perform(action: Exclude<Action, object>): void {
    this.#cut = true;
    if (action === "reset") {
      this.reset();
    } else if (action === "close") {
      this.#client.end();
      this.#server?.end();
    }
  }
}

async function firstChunk(socket: Socket): Promise<Buffer> {
  const [chunk] = (await Promise.race([once(socket, "data"), once(socket, "close").then(() => [])])) as [Buffer?];
  if (!chunk) {
    throw new WasCut();
  }
  socket.pause();
  return chunk;
}
