import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { createSecureContext, TLSSocket, connect as tlsConnect } from "node:tls";
import { GSS_REQUEST, passwordRequest, SSL_REQUEST } from "../../sandbox/postgres/protocol.ts";
import type { Action, CutterOptions, Meeting } from "./cutting.ts";
import { type Direction, MessageReader } from "./protocolMessages.ts";

/** The name that TLS's protocol negotiation has for PostgreSQL. */
const ALPN = "postgresql";

/** First byte of a TLS handshake: a client that starts without asking. */
const TLS_HANDSHAKE = 0x16;

/** What a client may ask before its startup message, by the code in the request. */
const REQUESTS: Record<number, string> = { [SSL_REQUEST]: "SSLRequest", [GSS_REQUEST]: "GSSENCRequest" };

/** Thrown where a connection was cut or left, to leave what was going on. */
class WasCut extends Error {}

/** One client's connection through the cutter, and the one to the gateway behind it. */
export class Link {
  readonly #cutter: Meeting;
  readonly #options: CutterOptions;
  readonly #connection: number;
  readonly #client: Socket;
  readonly #ordinals = { toServer: 0, toClient: 0 };
  #server: Socket | undefined;
  /** Whether messages are passed on; until then the end of one side is the end of the other at once. */
  #passes = false;
  #cut = false;

  /** @param connection its number, from 0 */
  constructor(cutter: Meeting, options: CutterOptions, connection: number, client: Socket) {
    this.#cutter = cutter;
    this.#options = options;
    this.#connection = connection;
    this.#client = client;
    client.on("error", () => {});
  }

  /** Passes on what comes until the connection ends or is cut. Never rejects. */
  async run(): Promise<void> {
    await this.#unlessCut(() => this.#run());
  }

  /**
   * Stands in for a server that has no TLS, and asks for the password in the clear as an attacker would. Never rejects.
   * @param answer what the client hears when it asks for TLS
   */
  async runUnprotected(answer: string): Promise<void> {
    await this.#unlessCut(async () => {
      const first = await firstChunk(this.#client);
      const request = requestIn(first);
      if (request) {
        await this.#step("toServer", request);
        this.#client.write(answer, "latin1");
      } else {
        this.#client.unshift(first);
      }
      const reader = new MessageReader("toServer");
      for await (const chunk of this.#client) {
        for (const { type, text } of reader.read(chunk)) {
          await this.#step("toServer", type, text);
          if (type === "StartupMessage") {
            this.#client.write(passwordRequest());
          }
        }
      }
    });
  }

  /** Sends a TCP reset to both sides. */
  reset(): void {
    this.#cut = true;
    this.#client.resetAndDestroy();
    this.#server?.resetAndDestroy();
  }

  /** Ends both connections; no message of theirs is met any more. */
  end(): void {
    this.#cut = true;
    this.#client.destroy();
    this.#server?.destroy();
  }

  async #unlessCut(run: () => Promise<unknown>): Promise<void> {
    try {
      await run();
    } catch (error) {
      // What cut the connection did with both sides what it was to do: a stall leaves them open.
      if (!(error instanceof WasCut)) {
        this.reset();
      }
    }
  }

  async #run(): Promise<void> {
    await this.#step("toServer", "connect", undefined, async () => {
      await once(this.#open(), "connect");
    });
    const server = this.#server as Socket;
    for (;;) {
      const first = await firstChunk(this.#client);
      if (first[0] === TLS_HANDSHAKE) {
        this.#client.unshift(first);
        return await this.#encrypted(server);
      }
      const request = requestIn(first);
      if (!request) {
        this.#client.unshift(first);
        return this.#join(this.#client, server);
      }
      await this.#step("toServer", request, undefined, () => written(server, first));
      const answer = await firstChunk(server);
      if (answer.length > 1) {
        server.unshift(answer);
        return this.#join(this.#client, server);
      }
      const letter = answer.toString("latin1");
      await this.#step("toClient", letter, undefined, () => written(this.#client, answer));
      if (letter === "S") {
        return await this.#encrypted(server);
      }
    }
  }

  #open(): Socket {
    const server = connect({ port: this.#options.targetPort, host: "127.0.0.1", noDelay: true });
    this.#server = server;
    server.on("error", () => {});
    this.#client.once("close", () => this.#passes || this.#cut || server.destroy());
    server.once("close", () => this.#passes || this.#cut || this.#client.destroySoon());
    return server;
  }

  async #encrypted(server: Socket): Promise<void> {
    const [outer, inner] = await Promise.all([this.#secureClient(), this.#secureServer(server)]);
    await this.#step("toClient", "TLS");
    this.#join(outer, inner);
  }

  async #secureClient(): Promise<TLSSocket> {
    const { certificate, tls } = this.#cutter;
    const secureContext = createSecureContext({ key: certificate.keyPem, cert: certificate.certPem, ...tls });
    const secured = new TLSSocket(this.#client, { isServer: true, secureContext, ALPNProtocols: [ALPN] });
    await once(secured, "secure");
    return secured;
  }

  async #secureServer(socket: Socket): Promise<TLSSocket> {
    const ca = this.#options.authority.certificatePem;
    const secured = tlsConnect({ socket, servername: "localhost", ca, ALPNProtocols: [ALPN] });
    await once(secured, "secureConnect");
    return secured;
  }

  #join(outer: Duplex, inner: Duplex): void {
    this.#passes = true;
    this.#pass("toServer", outer, inner);
    this.#pass("toClient", inner, outer);
  }

  /** Passes messages on one by one, in order, and then the end; nothing after a cut. */
  #pass(direction: Direction, from: Duplex, to: Duplex): void {
    const reader = new MessageReader(direction);
    let before: Promise<void> = Promise.resolve();
    const next = (work: () => Promise<unknown>) => {
      before = before.then(() => this.#unlessCut(work));
    };
    from.on("error", () => {});
    from.on("data", (chunk: Buffer) =>
      next(async () => {
        for (const { type, text, raw } of reader.read(chunk)) {
          await this.#step(direction, type, text, () => written(to, raw));
        }
      }),
    );
    from.resume();
    from.once("end", () => next(async () => this.#cut || to.end()));
    from.once("close", () => next(async () => this.#cut || to.destroy()));
  }

  /** Lets the cutter meet a message, and passes it on or does what is to be done in its place. @throws WasCut */
  async #step(direction: Direction, type: string, text?: string, passOn = async () => {}): Promise<void> {
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
    if (typeof action === "string") {
      this.#perform(action);
    } else if (action && "delay" in action) {
      await sleep(action.delay);
    }
    if (this.#cut) {
      throw new WasCut();
    }
    // It has left before anything else is done: a reset would throw away what is still on its way out of here.
    await passOn();
    if (action && typeof action === "object" && "pass" in action) {
      this.reset();
      throw new WasCut();
    }
  }

  #perform(action: Extract<Action, string>): void {
    this.#cut = true;
    if (action === "reset") {
      this.reset();
    } else if (action === "close") {
      this.#client.end();
      this.#server?.end();
    }
  }
}

function requestIn(packet: Buffer): string | undefined {
  return packet.length < 8 ? undefined : REQUESTS[packet.readUInt32BE(4)];
}

/** Resolves when the bytes are out of this process, or never will be. */
function written(stream: Duplex, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => stream.write(bytes, () => resolve()));
}

/** What comes next; nothing is read after it until somebody asks. @throws WasCut when the connection ends */
function firstChunk(socket: Socket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const taken = (chunk: Buffer) => {
      socket.off("close", left);
      socket.pause();
      resolve(chunk);
    };
    const left = () => reject(new WasCut());
    socket.once("data", taken);
    socket.once("close", left);
    socket.resume();
  });
}
