import { timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server as NetServer, type Socket } from "node:net";
import { constants } from "node:os";
import { finished } from "node:stream/promises";
import { shellQuote } from "entra-postgres/shell-quote";
import ssh2, { type AuthContext, type Connection, type PseudoTtyInfo, type ServerChannel, type Session } from "ssh2";
import { listenOnLoopback } from "../loopback.ts";
import type { ProcessGroup } from "../processes/processGroup.ts";
import { parseKey } from "./hostKey.ts";

/** Options of {@link SshServer.start}. */
export interface SshServerOptions {
  /** Address to listen on; loopback only. */
  address: string;
  /** Port to listen on; 0 is any free one. */
  port: number;
  /** The server's private key in OpenSSH form. */
  hostKey: string;
  /** The one user that can log in. */
  username: string;
  /** Public keys of that user, each as a line of an authorized_keys file. */
  authorizedKeys: string[];
  /** Starts a command with the client's variables; `terminal` says that the command makes a terminal itself. */
  spawn(command: readonly string[], env: Record<string, string>, terminal: boolean): ProcessGroup;
}

/** Seconds that a client has to log in: the default of OpenSSH's LoginGraceTime (sshd_config(5)). */
const LOGIN_GRACE = 120;

/** Whether a client can set this environment variable. The sshd_config of Azure's Debian and Ubuntu images has `AcceptEnv LANG LC_*`. */
export function acceptsVariable(name: string): boolean {
  return name === "LANG" || name.startsWith("LC_");
}

/** An SSH server with one user, who logs in by key. It runs commands and shells, and refuses forwarding, file transfer and agents. */
export class SshServer {
  readonly port: number;
  readonly #options: SshServerOptions;
  readonly #listener: NetServer;
  readonly #sockets = new Set<Socket>();
  readonly #keys: Buffer[];

  private constructor(options: SshServerOptions, listener: NetServer, keys: Buffer[]) {
    this.#options = options;
    this.#listener = listener;
    this.#keys = keys;
    const address = listener.address();
    this.port = typeof address === "object" && address ? address.port : options.port;
    const server = new ssh2.Server({ hostKeys: [options.hostKey] }, (connection) => this.#serve(connection));
    listener.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      server.injectSocket(socket);
    });
  }

  /** Starts to listen. @throws Error when the address is not loopback, the port is taken or a key cannot be read */
  static async start(options: SshServerOptions): Promise<SshServer> {
    const { address, port } = options;
    const keys = options.authorizedKeys.map((line) => publicKey(line));
    const listener = createServer({ noDelay: true });
    await listenOnLoopback(listener, port, address);
    return new SshServer(options, listener, keys);
  }

  /** Stops listening and ends open connections, with their commands. */
  async close(): Promise<void> {
    const closed = once(this.#listener, "close");
    this.#listener.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #serve(connection: Connection): void {
    const grace = setTimeout(() => connection.end(), LOGIN_GRACE * 1000);
    // A client that disconnects, or uses another protocol, is not an error of the machine.
    connection.on("error", () => {});
    connection.on("close", () => clearTimeout(grace));
    connection.on("authentication", (context) => {
      if (this.#isAllowed(context)) context.accept();
      else context.reject(["publickey"]);
    });
    connection.on("ready", () => clearTimeout(grace));
    connection.on("session", (accept) => this.#open(accept()));
  }

  #isAllowed(context: AuthContext): boolean {
    if (context.method !== "publickey" || context.username !== this.#options.username) return false;
    const offered = context.key.data;
    const known = this.#keys.find((key) => key.length === offered.length && timingSafeEqual(key, offered));
    if (!known) return false;
    // Without a signature the client only asks whether the server accepts the key.
    if (!context.signature) return true;
    if (!context.blob) return false;
    const key = parseKey(`${context.key.algo} ${known.toString("base64")}`);
    return key?.verify(context.blob, context.signature, context.hashAlgo) === true;
  }

  #open(session: Session): void {
    const env: Record<string, string> = {};
    let terminal: PseudoTtyInfo | undefined;
    let running: ProcessGroup | undefined;
    session.on("env", (accept, reject, { key, val }) => {
      if (!acceptsVariable(key)) return reject?.();
      env[key] = val;
      accept?.();
    });
    session.on("pty", (accept, _reject, info) => {
      terminal = info;
      accept?.();
    });
    session.on("window-change", (accept) => accept?.());
    session.on("signal", (accept, reject, { name }) => {
      const signal = `SIG${name}`;
      if (!running || !(signal in constants.signals)) return reject?.();
      running.signal(signal as NodeJS.Signals);
      accept?.();
    });
    const run = (channel: ServerChannel, command: readonly string[]) => {
      running = this.#options.spawn(
        terminal ? onTerminal(command, terminal) : command,
        terminal ? { ...env, TERM: terminalName(terminal) } : env,
        terminal !== undefined,
      );
      void connect(channel, running);
    };
    session.on("exec", (accept, _reject, { command }) => run(accept(), ["bash", "-c", command]));
    session.on("shell", (accept) => run(accept(), ["bash", "-l"]));
  }
}

/** Connects a channel and a command until the command ends or the channel is closed. */
async function connect(channel: ServerChannel, group: ProcessGroup): Promise<void> {
  channel.on("error", () => {});
  channel.stderr.on("error", () => {});
  channel.on("close", () => group.signal("SIGKILL"));
  channel.pipe(group.stdin);
  group.stdout.pipe(channel, { end: false });
  group.stderr.pipe(channel.stderr);
  // Nothing reads a closed channel, and the command would wait for ever.
  channel.on("close", () => {
    group.stdout.resume();
    group.stderr.resume();
  });
  try {
    const exit = await group.ended;
    await Promise.race([finished(channel.stderr), once(channel, "close")]);
    if (exit.signal) channel.exit(exit.signal.replace("SIG", ""), false, "");
    else channel.exit(exit.exitCode);
  } catch {
    channel.exit(127);
  }
  channel.end();
}

/** The command on a terminal, which `script` of util-linux makes. */
function onTerminal(command: readonly string[], { rows, cols }: PseudoTtyInfo): string[] {
  const line = command.map(shellQuote).join(" ");
  return ["script", "-qec", `stty rows ${Number(rows)} cols ${Number(cols)} 2>/dev/null; exec ${line}`, "/dev/null"];
}

function terminalName(info: PseudoTtyInfo): string {
  const { term } = info as PseudoTtyInfo & { term?: string };
  return term !== undefined && /^[\w.+-]+$/.test(term) ? term : "xterm";
}

function publicKey(line: string): Buffer {
  const key = parseKey(line.trim());
  if (!key) {
    throw new Error(
      `The SSH public key "${line.slice(0, 40)}" cannot be read. Pass the one line of an OpenSSH public key file: "ssh-ed25519 AAAA...".`,
    );
  }
  return key.getPublicSSH();
}
