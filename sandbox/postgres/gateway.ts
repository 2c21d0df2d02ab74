import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { createSecureContext, type SecureContext, type SecureVersion } from "node:tls";
import { listenOnLoopback } from "../loopback.ts";
import type { IssuedCertificate } from "./certificates.ts";
import { type LoginOptions, Session } from "./session.ts";

/** Options of {@link Gateway.listen}. */
export interface GatewayOptions extends LoginOptions {
  /** Loopback addresses to listen on. All but the first are optional: this machine may not have them. */
  addresses: string[];
  /** Port, the same on each address. 0 takes a free one. */
  port: number;
  certificate: IssuedCertificate;
}

/** Milliseconds for PostgreSQL's last message to reach the client. */
const FAREWELL = 500;

/** The TLS versions that a server takes. */
export interface TlsVersions {
  min: SecureVersion;
  max: SecureVersion;
}

/**
 * The TLS endpoint in front of a PostgreSQL server, as Azure has one: requires TLS and an Entra access token as the password, and passes
 * everything after the login on unchanged.
 */
export class Gateway {
  readonly port: number;
  readonly #options: GatewayOptions;
  #secureContext: SecureContext;
  readonly #servers: Server[];
  readonly #sessions = new Map<Socket, Session>();

  private constructor(options: GatewayOptions, servers: Server[], port: number) {
    this.#options = options;
    this.#servers = servers;
    this.port = port;
    this.#secureContext = contextOf(options.certificate, { min: "TLSv1.2", max: "TLSv1.3" });
    for (const server of servers) server.on("connection", (socket) => this.#accept(socket));
  }

  /** Starts to listen. @throws Error when an address is not loopback or a port is taken */
  static async listen(options: GatewayOptions): Promise<Gateway> {
    const servers: Server[] = [];
    let port = options.port;
    try {
      for (const address of options.addresses) {
        const server = createServer();
        try {
          port = await listenOnLoopback(server, port, address);
          servers.push(server);
        } catch (error) {
          const { code = "" } = error as NodeJS.ErrnoException;
          if (servers.length === 0 || !["EADDRNOTAVAIL", "EAFNOSUPPORT"].includes(code)) throw error;
        }
      }
    } catch (error) {
      for (const server of servers) server.close();
      throw error;
    }
    return new Gateway(options, servers, port);
  }

  /** Sets the TLS versions for clients that come from now on. */
  setTlsVersions(versions: TlsVersions): void {
    this.#secureContext = contextOf(this.#options.certificate, versions);
  }

  /** Stops listening and ends every connection, once PostgreSQL's last messages have reached the clients. */
  async close(): Promise<void> {
    const closed = this.#servers.filter((server) => server.listening).map((server) => once(server, "close"));
    for (const server of this.#servers) server.close();
    for (const [socket, session] of this.#sessions) if (!session.joined) socket.destroy();
    const timer = setTimeout(() => {
      for (const socket of this.#sessions.keys()) socket.destroy();
    }, FAREWELL);
    await Promise.all(closed);
    clearTimeout(timer);
  }

  #accept(socket: Socket): void {
    socket.once("close", () => this.#sessions.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.setNoDelay(true);
    const session = new Session(socket, this.#options, this.#secureContext);
    this.#sessions.set(socket, session);
    void session.run();
  }
}

function contextOf({ keyPem, certPem }: IssuedCertificate, { min, max }: TlsVersions): SecureContext {
  return createSecureContext({ key: keyPem, cert: certPem, minVersion: min, maxVersion: max });
}
