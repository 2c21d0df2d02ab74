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
  type Startup,
} from "./protocol.ts";
import { badPacket, Refusal, SilentRefusal } from "./refusal.ts";

/** The name that TLS's protocol negotiation has for PostgreSQL. */
const ALPN = "postgresql";

/** First byte of a TLS handshake: the client does not ask first whether the server has TLS. */
const TLS_HANDSHAKE = 0x16;

/** How clients log in. */
export interface LoginOptions {
  /** PostgreSQL's socket at the time of a login. */
  socketPath: () => string;
  /** Whether the server takes clients; until then they get 57P03. @default always */
  accessible?: () => boolean;
  /** Whether a client's address may connect. */
  allows: (address: string) => boolean;
  /** The principal of a role; undefined for a role without one, or one that does not exist. */
  findRole: (name: string) => Promise<RoleBinding | undefined>;
  /** Checks a token for a role. @throws Refusal */
  checkToken: (token: string, role: string, binding: RoleBinding | undefined) => Promise<void>;
  /** Minor version of the server's latest protocol, which is 3. */
  latestMinor: number;
  /** Seconds that a client has to log in. @default 60, PostgreSQL's authentication_timeout */
  authenticationTimeoutSeconds?: number;
  /** Takes a line for each refused client. No line holds a token. */
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
  /** Whether the client is connected to PostgreSQL. */
  joined = false;

  constructor(socket: Socket, options: LoginOptions, secureContext: SecureContext) {
    this.#options = options;
    this.#secureContext = secureContext;
    this.#socket = socket;
    this.#client = socket;
    this.#address = clientAddress(socket.remoteAddress);
  }

  /** Logs the client in and connects it to PostgreSQL, or refuses it. Never rejects. */
  async run(): Promise<void> {
    const seconds = this.#options.authenticationTimeoutSeconds ?? 60;
    const timer = setTimeout(() => this.#socket.destroy(), seconds * 1000);
    try {
      const backend = await this.#start();
      clearTimeout(timer);
      if (!backend) return;
      this.joined = true;
      join(this.#client, backend);
    } catch (error) {
      clearTimeout(timer);
      if (error instanceof Refusal || error instanceof SilentRefusal) this.#refuse(error);
      else if (error instanceof Hangup) this.#socket.destroy();
      else {
        this.#options.log?.(`no session for ${this.#address}: ${String(error)}`);
        this.#refuse(new Refusal("notReady"));
      }
    }
  }

  /** @returns the connection to PostgreSQL, or undefined after a cancel request */
  async #start(): Promise<Socket | undefined> {
    let encrypted = await this.#directTls();
    let packet = await readFirstPacket(this.#client);
    // As in PostgreSQL: each request once, and none for GSSAPI inside TLS that was asked for. A second one is taken for a startup message.
    const requests = new Set([SSL_REQUEST, GSS_REQUEST]);
    while (requests.delete(packet.code)) {
      if (packet.code === SSL_REQUEST && !encrypted) {
        await this.#startTls();
        encrypted = true;
        requests.clear();
      } else {
        this.#client.write("N");
      }
      packet = await readFirstPacket(this.#client);
    }
    if (packet.code === CANCEL_REQUEST) {
      await this.#cancel(packet);
      return undefined;
    }
    const startup = parseStartup(packet, this.#options.latestMinor);
    if (startup.negotiation) this.#client.write(startup.negotiation);
    if (startup.user === "") throw new Refusal("noUser");
    if (this.#options.accessible?.() === false) throw new Refusal("notReady");
    await this.#authenticate(startup, encrypted);
    return await this.#connect(startup.forwarded);
  }

  async #directTls(): Promise<boolean> {
    const first = await readExactly(this.#socket, 1);
    this.#socket.unshift(first);
    if (first[0] !== TLS_HANDSHAKE) return false;
    const tls = await this.#secure();
    // PostgreSQL requires ALPN of a client that starts TLS without a request.
    if (tls.alpnProtocol !== ALPN)
      throw new SilentRefusal("received direct SSL connection request without ALPN protocol negotiation extension");
    return true;
  }

  async #startTls(): Promise<void> {
    // These bytes were sent without protection, and must not count as bytes sent inside TLS (CVE-2021-23214).
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

  async #authenticate({ user, database, replication }: Startup, encrypted: boolean): Promise<void> {
    this.#user = user;
    const { allows, findRole, checkToken } = this.#options;
    const encryption = encrypted ? "SSL encryption" : "no encryption";
    const client = { host: this.#address, user, database, encryption };
    if (!encrypted || !allows(this.#address)) throw new Refusal("noHostEntry", client);
    if (replication) throw new Refusal("noReplicationEntry", client);
    this.#client.write(passwordRequest());
    const token = await readPassword(this.#client);
    if (token === "") throw new Refusal("passwordFailed", { user });
    await checkToken(token, user, await findRole(user));
  }

  async #connect(startup: Buffer): Promise<Socket> {
    const backend = await open(this.#options.socketPath());
    backend.write(startup);
    return backend;
  }

  async #cancel(packet: FirstPacket): Promise<void> {
    const backend = await open(this.#options.socketPath());
    backend.resume();
    backend.end(packet.raw);
    // PostgreSQL closes the connection once it has sent the signal, and clients wait for that.
    await new Promise((resolve) => backend.once("close", resolve));
    this.#client.end();
  }

  #refuse(refusal: Refusal | SilentRefusal): void {
    const who = this.#user ? ` as ${JSON.stringify(this.#user)}` : "";
    const code = refusal instanceof Refusal ? refusal.code : "without an answer";
    this.#options.log?.(`refused ${this.#address}${who}: ${code} ${JSON.stringify(refusal.message)}`);
    if (refusal instanceof Refusal) this.#client.write(fatal(refusal));
    this.#client.end();
    this.#client.resume();
    // The client should close the connection now.
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

/** Connects two sockets: each is read only as fast as the other takes it, and the end of one ends both. */
function join(client: Socket, backend: Socket): void {
  client.on("error", () => backend.destroy());
  client.once("close", () => backend.destroy());
  // PostgreSQL's last message, such as the reason of the end, still has to reach the client.
  backend.once("close", () => client.destroySoon());
  client.pipe(backend);
  backend.pipe(client);
}
