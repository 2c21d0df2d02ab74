import { setTimeout as delay } from "node:timers/promises";
import ssh2 from "ssh2";

/** How to reach a machine; the defaults are filled in. */
export interface Connection {
  host: string;
  port: number;
  user: string;
  privateKey?: string;
  /** The host's public key in OpenSSH form. Without it any is taken, as the real provider does. */
  hostKey?: string;
  /** Failed attempts before giving up; -1: never. */
  dialErrorLimit: number;
  /** Seconds for one attempt. */
  perDialTimeout: number;
}

/** What a command printed and how it ended. */
export interface CommandResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/**
 * Runs a command over SSH.
 * @throws Error when the machine cannot be reached, the login is refused, or it does not take a variable
 */
export async function runRemote(
  connection: Connection,
  command: string,
  options: { env: Record<string, string>; optionalEnv: Record<string, string>; stdin: string; signal: AbortSignal },
): Promise<CommandResult> {
  const client = await dial(connection, options.signal);
  const abort = () => client.destroy();
  options.signal.addEventListener("abort", abort, { once: true });
  try {
    return await execute(client, command, options);
  } finally {
    options.signal.removeEventListener("abort", abort);
    client.end();
  }
}

async function dial(connection: Connection, signal: AbortSignal): Promise<ssh2.Client> {
  for (let failed = 1; ; failed++) {
    try {
      return await connect(connection);
    } catch (error) {
      const over = connection.dialErrorLimit >= 0 && failed > connection.dialErrorLimit;
      if (over || signal.aborted || isRefusal(error)) {
        throw new Error(`after ${failed} failed attempts: ${(error as Error).message}`);
      }
      await delay(Math.min(1000, 50 * 2 ** failed), undefined, { signal });
    }
  }
}

/** A refused key stays refused; only what may pass by itself is tried again. */
function isRefusal(error: unknown): boolean {
  const { level } = error as { level?: string };
  return level === "client-authentication" || /host (denied|key)|verification failed/i.test((error as Error).message);
}

function connect(connection: Connection): Promise<ssh2.Client> {
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    client.once("ready", () => resolve(client));
    client.once("error", reject);
    client.connect({
      host: connection.host,
      port: connection.port,
      username: connection.user,
      readyTimeout: connection.perDialTimeout * 1000,
      ...(connection.privateKey ? { privateKey: connection.privateKey } : {}),
      hostVerifier: (key: Buffer) => !connection.hostKey || sameKey(connection.hostKey, key),
    });
  });
}

function sameKey(expected: string, presented: Buffer): boolean {
  const key = ssh2.utils.parseKey(expected);
  return !(key instanceof Error) && !Array.isArray(key) && key.getPublicSSH().equals(presented);
}

function execute(
  client: ssh2.Client,
  command: string,
  options: { env: Record<string, string>; optionalEnv: Record<string, string>; stdin: string },
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    client.once("error", reject);
    client.once("close", () => reject(new Error("the connection was closed before the command ended")));
    const env = { ...options.optionalEnv, ...options.env };
    // ssh2 does not report whether a variable was taken, so those that OpenSSH refuses by default are refused here.
    const refused = Object.keys(options.env).find((name) => !/^(LANG|LC_\w+)$/.test(name));
    if (refused !== undefined) {
      reject(
        new Error(
          `could not set environment variable "${refused}": put it in front of the command, as in VAR=value command`,
        ),
      );
      return;
    }
    client.exec(command, { env }, (error, channel) => {
      if (error) {
        reject(error);
        return;
      }
      const out: Buffer[] = [];
      const err: Buffer[] = [];
      let exitCode = 255;
      channel.on("data", (data: Buffer) => out.push(data));
      channel.stderr.on("data", (data: Buffer) => err.push(data));
      channel.on("exit", (code: number | null) => {
        exitCode = code ?? 255;
      });
      channel.on("close", () =>
        resolve({ exitCode, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() }),
      );
      channel.end(options.stdin);
    });
  });
}
