import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectSocket, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from "node:tls";
import type { TestServer } from "./testServer.ts";

/** The packet that asks whether TLS is spoken. */
export const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** ReadyForQuery outside a transaction, at the end of what was read. */
export const READY = /Z\0{3}.I$/s;

/** ErrorResponse, whole. */
const WHOLE_ERROR = /^E.*\0\0$/s;

/** Speaks PostgreSQL's protocol byte by byte, for what no client library would send. */
export class RawClient {
  readonly socket: Socket;

  private constructor(socket: Socket) {
    this.socket = socket;
  }

  /** Connects without TLS. */
  static async plain(port: number): Promise<RawClient> {
    const socket = connectSocket(port, "127.0.0.1");
    socket.on("error", () => {});
    await once(socket, "connect");
    return new RawClient(socket);
  }

  /** Connects with verified TLS at once, without asking first. */
  static async direct(host: TestServer, options: ConnectionOptions = {}): Promise<RawClient> {
    const tls = connectTls({
      host: "127.0.0.1",
      port: host.server.port,
      servername: "localhost",
      ca: host.authority.certificatePem,
      ALPNProtocols: ["postgresql"],
      ...options,
    });
    await once(tls, "secureConnect");
    tls.on("error", () => {});
    return new RawClient(tls);
  }

  /** Connects and logs in. @param socket the connection to use, if not a new one */
  static async login(host: TestServer, user: string, token: string, socket?: Socket): Promise<RawClient> {
    const client = await RawClient.direct(host, socket ? { socket } : {});
    client.startup({ user, database: "postgres" });
    await client.read(/^R/);
    client.password(token);
    await client.read(READY);
    return client;
  }

  get protocol(): string | null {
    return (this.socket as TLSSocket).getProtocol();
  }

  write(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  startup(parameters: Record<string, string>): void {
    this.write(startupMessage(parameters));
  }

  password(password: string): void {
    this.write(message("p", `${password}\0`));
  }

  query(sql: string): void {
    this.write(message("Q", `${sql}\0`));
  }

  /** The process behind the session. */
  async backend(): Promise<string> {
    this.query("SELECT 'pid=' || pg_backend_pid()");
    return /pid=(\d+)/.exec(await this.read(READY))?.[1] ?? "";
  }

  /** What the other side sends, up to the text looked for. Fails when it hangs up before. */
  async read(wanted: RegExp): Promise<string> {
    let text = "";
    for await (const chunk of this.socket.iterator({ destroyOnReturn: false })) {
      text += (chunk as Buffer).toString("latin1");
      if (wanted.test(text)) return text;
    }
    assert.fail(`the connection ended with ${JSON.stringify(text)}`);
  }

  /** The error with which the other side sends this client away. */
  async error(): Promise<string> {
    return await this.read(WHOLE_ERROR);
  }

  /** What the other side sends until it ends the connection. */
  async rest(): Promise<string> {
    let text = "";
    for await (const chunk of this.socket) text += (chunk as Buffer).toString("latin1");
    return text;
  }

  /** Resolves when the connection has ended. */
  async closed(): Promise<void> {
    this.socket.resume();
    if (!this.socket.closed) await once(this.socket, "close");
  }
}

/** @param minor the minor version of protocol 3 */
export function startupMessage(parameters: Record<string, string> | [string, string][], minor = 0): Buffer {
  const entries = Array.isArray(parameters) ? parameters : Object.entries(parameters);
  const body = Buffer.from(`${entries.map(([name, value]) => `${name}\0${value}\0`).join("")}\0`);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(body.length + 8);
  head.writeUInt32BE((3 << 16) | minor, 4);
  return Buffer.concat([head, body]);
}

function message(type: string, body: string): Buffer {
  const bytes = Buffer.from(body);
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeUInt32BE(bytes.length + 4, 1);
  return Buffer.concat([head, bytes]);
}
