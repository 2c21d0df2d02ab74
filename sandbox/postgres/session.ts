import { connect, type Socket } from "node:net";
import { type SecureContext, TLSSocket } from "node:tls";
import type { RoleBinding } from "./accessToken.ts";
import { clientAddress } from "./firewall.ts";
import {
  CANCEL_REQUEST,
  type FirstPacket,
  fatal,
  GSS_REQUEST,
  Hangup,
  parseStartup,
  passwordRequest,
  readExactly,
  readFirstPacket,
  readPassword,
  SSL_REQUEST,
} from "./protocol.ts";
import { badPacket, noHostEntry, noReplicationEntry, notReady, passwordFailed, Refusal } from "./refusal.ts";

/** The name that TLS's protocol negotiation has for PostgreSQL. */
const ALPN = "postgresql";

/** First byte of a TLS handshake: a client that starts without asking. */
const TLS_HANDSHAKE = 0x16;

/** Requests that may precede the startup message: one each for GSSAPI and TLS. */
const MAX_REQUESTS = 2;

/** How clients log in. */
export interface LoginOptions {
  /** The socket of the PostgreSQL server behind, at the time of a login. */
  socketPath: () => string;
  /** Whether a client's address may connect. */
  allows: (address: string) => boolean;
  /** What a role is bound to; undefined for a role that is not bound to Entra or does not exist. */
  findRole: (name: string) => Promise<RoleBinding | undefined>;
  /** Checks a token for a role. @throws Refusal */
  checkToken: (token: string, role: string, binding: RoleBinding | undefined) => Promise<void>;
  /** Seconds that a client has to log in. @default 60, PostgreSQL's authentication_timeout */
  authenticationTimeoutSeconds?: number;
  /** Takes a line for each client that is sent away. No line holds a token. */
  log?: (line: string) => void;
}

/** One client's connection, from the first byte to the end. */
export class Session {
  readonly #options: LoginOptions;
  readonly #secureContext: SecureContext;
  readonly #socket: Socket;
  readonly #address: string;
  /** The socket, or TLS on top of it. */
  #client: Socket;
  #user = "";
  #joined = false;

  constructor(socket: Socket, options: LoginOptions, secureContext: SecureContext) {
    this.#options = options;
    this.#secureContext = secureContext;
    this.#socket = socket;
    this.#client = socket;
    this.#address = clientAddress(socket.remoteAddress);
  }

  /** Whether the client is logged in and talks to PostgreSQL. */
  get joined(): boolean {
    return this.#joined;
  }

  /** Logs the client in and connects it, or sends it away. Never rejects. */
  async run(): Promise<void> {
    const seconds = this.#options.authenticationTimeoutSeconds ?? 60;
    const timer = setTimeout(() => this.#socket.destroy(), seconds * 1000);
    try {
      const backend = await this.#start();
      clearTimeout(timer);
      if (!backend) return;
      this.#joined = true;
      join(this.#client, backend);
    } catch (error) {
      clearTimeout(timer);
      if (error instanceof Refusal) this.#sendAway(error);
      else if (error instanceof Hangup) this.#socket.destroy();
      else {
        this.#options.log?.(`no session for ${this.#address}: ${String(error)}`);
        this.#sendAway(notReady());
      }
    }
  }

  /** @returns the connection to PostgreSQL, or undefined when the client wanted no session */
  async #start(): Promise<Socket | undefined> {
    let encrypted = await this.#directTls();
    let packet = await readFirstPacket(this.#client);
    for (let requests = 0; packet.code === SSL_REQUEST || packet.code === GSS_REQUEST; requests += 1) {
      if (requests === MAX_REQUESTS) throw badPacket("too many requests before the startup message");
      if (packet.code === SSL_REQUEST && !encrypted) {
        await this.#startTls();
        encrypted = true;
      } else {
        this.#client.write("N");
      }
      packet = await readFirstPacket(this.#client);
    }
    if (packet.code === CANCEL_REQUEST) {
      await this.#cancel(packet);
      return undefined;
    }
    await this.#authenticate(packet, encrypted);
    return await this.#connect(packet);
  }

  async #directTls(): Promise<boolean> {
    const first = await readExactly(this.#socket, 1);
    this.#socket.unshift(first);
    if (first[0] !== TLS_HANDSHAKE) return false;
    const tls = await this.#secure();
    // A client that does not ask whether TLS is spoken must say what it speaks inside.
    if (tls.alpnProtocol !== ALPN)
      throw badPacket("received direct SSL connection request without ALPN protocol negotiation extension");
    return true;
  }

  async #startTls(): Promise<void> {
    // Bytes that came with the request were sent unprotected, and must not be taken for bytes sent inside TLS.
    if (this.#socket.readableLength > 0) throw badPacket("received unencrypted data after SSL request");
    this.#socket.write("S");
    await this.#secure();
  }

  #secure(): Promise<TLSSocket> {
    const tls = new TLSSocket(this.#socket, {
      isServer: true,
      secureContext: this.#secureContext,
      ALPNProtocols: [ALPN],
    });
    this.#client = tls;
    return new Promise((resolve, reject) => {
      const failed = () => {
        this.#socket.destroy();
        reject(new Hangup());
      };
      tls.on("error", failed);
      tls.once("close", failed);
      tls.once("secure", () => resolve(tls));
    });
  }

  async #authenticate(packet: FirstPacket, encrypted: boolean): Promise<void> {
    const { user, database, replication } = parseStartup(packet);
    this.#user = user;
    const { allows, findRole, checkToken } = this.#options;
    if (!encrypted || !allows(this.#address)) throw noHostEntry(this.#address, user, database, encrypted);
    if (replication) throw noReplicationEntry(this.#address, user);
    this.#client.write(passwordRequest());
    const token = await readPassword(this.#client);
    if (token === "") throw passwordFailed(user);
    await checkToken(token, user, await findRole(user));
  }

  /** Passes the client's own startup message on, so that PostgreSQL answers it as if no one stood between. */
  async #connect(packet: FirstPacket): Promise<Socket> {
    const backend = await open(this.#options.socketPath());
    backend.write(packet.raw);
    return backend;
  }

  async #cancel(packet: FirstPacket): Promise<void> {
    const backend = await open(this.#options.socketPath());
    backend.resume();
    backend.end(packet.raw);
    // PostgreSQL closes when the signal is sent; a client waits for that to know that it was.
    await new Promise((resolve) => backend.once("close", resolve));
    this.#client.end();
  }

  #sendAway(refusal: Refusal): void {
    const who = this.#user ? ` as ${JSON.stringify(this.#user)}` : "";
    this.#options.log?.(`refused ${this.#address}${who}: ${refusal.code} ${JSON.stringify(refusal.message)}`);
    this.#client.end(fatal(refusal));
    this.#client.resume();
    // A client that does not hang up in turn is not waited for.
    setTimeout(() => this.#socket.destroy(), 5_000).unref();
  }
}

function open(socketPath: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      socket.on("error", () => socket.destroy());
      resolve(socket);
    });
  });
}

/** Joins two connections: each is read only as fast as the other takes it, and the end of one is the end of both. */
function join(client: Socket, backend: Socket): void {
  client.on("error", () => backend.destroy());
  client.once("close", () => backend.destroy());
  // What PostgreSQL said last, such as why it ends the session, is still on its way to the client.
  backend.once("close", () => client.destroySoon());
  client.pipe(backend);
  backend.pipe(client);
}
