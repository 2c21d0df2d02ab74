import { setTimeout as delay } from "node:timers/promises";
import ssh2 from "ssh2";
import { isLoopback } from "../../loopback.ts";
import { parseKey, parsePrivateKey } from "../../vm/hostKey.ts";
import { type Props, UNKNOWN } from "../providerHost.ts";

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

/** Source: schema of pulumi-command v1.2.1, type command:remote:Connection. */
const DEFAULTS: Props = { port: 22, user: "root", dialErrorLimit: 10, perDialTimeout: 15 };
const TYPES: Record<string, "string" | "number"> = {
  host: "string",
  port: "number",
  user: "string",
  privateKey: "string",
  hostKey: "string",
  dialErrorLimit: "number",
  perDialTimeout: "number",
};
const UNSUPPORTED = ["password", "privateKeyPassword", "agentSocketPath", "proxy"];

/** Milliseconds before the second attempt, factor for each further one, and the most. Source: retry.go of Pulumi's Go SDK. */
const RETRY = { first: 100, factor: 1.5, most: 5000 };

/** The connection with defaults, and what is wrong with it. Values not known yet are let through. */
export function checkConnection(value: unknown): {
  connection: unknown;
  failures: { property: string; reason: string }[];
} {
  if (value === UNKNOWN) return { connection: value, failures: [] };
  if (!value || typeof value !== "object" || Array.isArray(value)) {
    return { connection: value, failures: [{ property: "connection", reason: "connection is required: an object." }] };
  }
  const given = Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined && item !== null));
  const connection: Props = { ...DEFAULTS, ...given };
  const failures = Object.entries(connection).flatMap(([key, item]) => {
    const reason = fault(key, item);
    return reason === undefined ? [] : [{ property: `connection.${key}`, reason }];
  });
  for (const key of ["host", "privateKey"]) {
    if (connection[key] === undefined) {
      failures.push({ property: `connection.${key}`, reason: `connection.${key} is required by the sandbox.` });
    }
  }
  return { connection, failures };
}

function fault(key: string, value: unknown): string | undefined {
  if (UNSUPPORTED.includes(key)) {
    return `The sandbox does not support connection.${key}: its machines take a private key without a password, and nothing else.`;
  }
  const type = TYPES[key];
  if (type === undefined) return `connection has no property ${key}.`;
  if (value === UNKNOWN) return undefined;
  if (typeof value !== type) return `connection.${key} must be a ${type}.`;
  if (key === "host" && value !== "localhost" && !isLoopback(String(value))) {
    return `The sandbox's machines have loopback addresses; it does not connect to ${value}. Pass the VM's public address of this sandbox.`;
  }
  return undefined;
}

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
