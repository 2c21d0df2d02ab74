import { setTimeout as delay } from "node:timers/promises";
import ssh2 from "ssh2";
import { parseKey, parsePrivateKey } from "../../vm/hostKey.ts";

/** Input `connection` of command:remote:Command with the provider's defaults put in. */
export interface Connection {
  host: string;
  port: number;
  user: string;
  privateKey: string;
  hostKey?: string;
  /** Failed attempts that are allowed; -1 is any number. */
  dialErrorLimit: number;
  /** Seconds for each attempt; 0 is no limit. */
  perDialTimeout: number;
}

/** Milliseconds before the second attempt, factor for each further one, and the most. Source: retry.go of Pulumi's Go SDK. */
const RETRY = { first: 100, factor: 1.5, most: 5000 };

/**
 * Connects, trying again as often as `dialErrorLimit` allows.
 * @throws Error in the provider's words when no attempt succeeds, or at once when a key cannot be read or `signal` cancels
 */
export async function dial(connection: Connection, signal?: AbortSignal): Promise<ssh2.Client> {
  const hostKey = connection.hostKey === undefined ? undefined : parseKey(connection.hostKey);
  if (connection.hostKey !== undefined && !hostKey) {
    throw new Error(
      'failed to parse host key: pass it as in a known_hosts file, without the host: "ssh-ed25519 AAAA..."',
    );
  }
  if (!parsePrivateKey(connection.privateKey)) {
    throw new Error("connection.privateKey cannot be read: pass an SSH private key that has no password.");
  }
  let wait = RETRY.first;
  for (let failures = 0; ; failures += 1) {
    signal?.throwIfAborted();
    try {
      return await attempt(connection, hostKey?.getPublicSSH());
    } catch (error) {
      const { dialErrorLimit } = connection;
      if (dialErrorLimit >= 0 && failures >= dialErrorLimit) {
        throw new Error(`after ${failures} failed attempts: ${(error as Error).message}`);
      }
    }
    await delay(wait, undefined, signal ? { signal } : {});
    wait = Math.min(wait * RETRY.factor, RETRY.most);
  }
}

function attempt(connection: Connection, hostKey: Buffer | undefined): Promise<ssh2.Client> {
  const { host, port, user, privateKey, perDialTimeout } = connection;
  return new Promise((resolve, reject) => {
    const client = new ssh2.Client();
    let mismatch = false;
    client.once("ready", () => resolve(client));
    client.once("close", () => reject(new Error(`ssh: handshake failed: connection to ${host}:${port} was closed`)));
    // Stays for the connection's whole life: a later error closes its channels, which report it.
    client.on("error", (error) => {
      client.destroy();
      reject(new Error(mismatch ? "ssh: handshake failed: ssh: host key mismatch" : describe(error, host, port)));
    });
    client.connect({
      host,
      port,
      username: user,
      privateKey,
      readyTimeout: perDialTimeout * 1000,
      hostVerifier: (key: Buffer) => {
        mismatch = hostKey !== undefined && !hostKey.equals(key);
        return !mismatch;
      },
    });
  });
}

/** Words of Go's net and ssh packages, which the provider passes on. */
function describe(error: Error & { level?: string; code?: string }, host: string, port: number): string {
  if (error.level === "client-authentication") {
    return "ssh: handshake failed: ssh: unable to authenticate, attempted methods [none publickey], no supported methods remain";
  }
  if (error.code === "ECONNREFUSED") return `dial tcp ${host}:${port}: connect: connection refused`;
  if (error.level === "client-timeout") return `dial tcp ${host}:${port}: i/o timeout`;
  return `ssh: handshake failed: ${error.message}`;
}
