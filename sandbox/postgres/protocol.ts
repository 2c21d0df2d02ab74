import type { Duplex } from "node:stream";
import { badPacket, Refusal, SilentRefusal } from "./refusal.ts";

/** Codes of requests, in place of a startup packet's protocol version. */
export const SSL_REQUEST = 80_877_103;
export const GSS_REQUEST = 80_877_104;
export const CANCEL_REQUEST = 80_877_102;

/** PostgreSQL's limits, in bytes, for packets before the login: MAX_STARTUP_PACKET_LENGTH behind the length, and PG_MAX_AUTH_TOKEN_LENGTH. */
const STARTUP_LIMIT = 10_004;
const PASSWORD_LIMIT = 65_535;

const MAJOR = 3;

/** Protocol options have names of this prefix, which parameters cannot have. */
const OPTION_PREFIX = "_pq_.";

/** First packet of a client: a request or a startup message. */
export interface FirstPacket {
  /** One of the request codes, or the protocol version. */
  code: number;
  /** The packet as it came, length included. */
  raw: Buffer;
}

/** The parameters of a startup message. */
export interface Startup {
  user: string;
  database: string;
  replication: boolean;
  /** The message for PostgreSQL: without protocol options, and of no later version than the server's. */
  forwarded: Buffer;
  /** NegotiateProtocolVersion, for a client that asks for more than the server has. */
  negotiation: Buffer | undefined;
}

/** Reads the first packet. @throws SilentRefusal for a length that no packet has */
export async function readFirstPacket(stream: Duplex): Promise<FirstPacket> {
  const head = await readExactly(stream, 4);
  const length = head.readUInt32BE();
  if (length < 8 || length > STARTUP_LIMIT) throw new SilentRefusal("invalid length of startup packet");
  const raw = Buffer.concat([head, await readExactly(stream, length - 4)]);
  return { code: raw.readUInt32BE(4), raw };
}

/**
 * Reads a startup message. Source of the order of its checks: ProcessStartupPacket in PostgreSQL's src/backend/tcop/backend_startup.c.
 * @param latestMinor the server's latest protocol is 3 with this minor version
 * @throws Refusal 0A000 for another protocol than 3, which a request in the wrong place counts as; 08P01 for a malformed message or a repeated
 * parameter: PostgreSQL takes the last of two users, which might not be the one that is checked here; 28000 without a user
 */
export function parseStartup({ code, raw }: FirstPacket, latestMinor: number): Startup {
  const [major, minor] = [code >>> 16, code & 0xffff];
  if (major !== MAJOR)
    throw new Refusal("unsupportedProtocol", { asked: `${major}.${minor}`, minor: String(latestMinor) });
  const parameters = new Map<string, string>();
  const strings = raw.subarray(8);
  for (let at = 0; ; ) {
    const name = stringAt(strings, at);
    at += Buffer.byteLength(name) + 1;
    if (name === "") {
      if (at !== strings.length) throw badPacket("invalid startup packet layout: expected terminator as last byte");
      break;
    }
    const value = stringAt(strings, at);
    at += Buffer.byteLength(value) + 1;
    if (parameters.has(name)) throw badPacket(`invalid startup packet: parameter "${name}" is given twice`);
    parameters.set(name, value);
  }
  const options = [...parameters.keys()].filter((name) => name.startsWith(OPTION_PREFIX));
  const version = (MAJOR << 16) | Math.min(minor, latestMinor);
  const user = parameters.get("user") ?? "";
  const replication = parameters.get("replication") ?? "false";
  return {
    user,
    database: parameters.get("database") || user,
    replication: !["false", "off", "no", "0", "f", "n"].includes(replication.toLowerCase()),
    forwarded: startupMessage(
      version,
      [...parameters].filter(([name]) => !options.includes(name)),
    ),
    negotiation: minor > latestMinor || options.length > 0 ? negotiation(version, options) : undefined,
  };
}

function startupMessage(version: number, parameters: readonly [string, string][]): Buffer {
  const strings = Buffer.from(`${parameters.map(([name, value]) => `${name}\0${value}\0`).join("")}\0`, "utf8");
  return Buffer.concat([int32(strings.length + 8), int32(version), strings]);
}

/** NegotiateProtocolVersion: the version that the server goes on with, and the options that it does not know. */
function negotiation(version: number, options: readonly string[]): Buffer {
  const names = Buffer.from(options.map((name) => `${name}\0`).join(""), "utf8");
  return Buffer.concat([Buffer.from("v"), int32(names.length + 12), int32(version), int32(options.length), names]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Reads the answer to a request for a password. */
export async function readPassword(stream: Duplex): Promise<string> {
  const head = await readExactly(stream, 5);
  if (head[0] !== 0x70) throw badPacket(`expected password response, got message type ${head[0]}`);
  const length = head.readUInt32BE(1);
  if (length < 4 || length > PASSWORD_LIMIT) throw new SilentRefusal("invalid message length");
  const body = await readExactly(stream, length - 4);
  const text = body.subarray(0, -1);
  if (body.at(-1) !== 0 || text.includes(0)) throw badPacket("invalid password packet");
  return text.toString("utf8");
}

/** AuthenticationCleartextPassword. */
export function passwordRequest(): Buffer {
  return Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]);
}

/** ErrorResponse with severity FATAL. */
export function fatal(refusal: Refusal): Buffer {
  const fields = `SFATAL\0VFATAL\0C${refusal.code}\0M${refusal.message.replaceAll("\0", "")}\0\0`;
  const body = Buffer.from(fields, "utf8");
  const head = Buffer.alloc(5);
  head.write("E");
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

/** The client closed the connection. */
export class Hangup extends Error {}

/** Reads a number of bytes; further bytes go back into the stream. @throws Hangup */
export async function readExactly(stream: Duplex, length: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for (let missing = length; missing > 0; ) {
    // Reads all that is there: with too few bytes left in it, the stream would emit "readable" again without end.
    const chunk = stream.read() as Buffer | null;
    if (chunk) {
      chunks.push(chunk);
      missing -= chunk.length;
    } else if (stream.readableEnded || stream.destroyed) {
      throw new Hangup();
    } else {
      await somethingHappens(stream);
    }
  }
  const bytes = Buffer.concat(chunks);
  if (bytes.length > length) stream.unshift(bytes.subarray(length));
  return bytes.subarray(0, length);
}

function somethingHappens(stream: Duplex): Promise<void> {
  const events = ["readable", "end", "close", "error"];
  return new Promise((resolve) => {
    const done = () => {
      for (const event of events) stream.off(event, done);
      resolve();
    };
    for (const event of events) stream.on(event, done);
  });
}

function stringAt(bytes: Buffer, from: number): string {
  const end = bytes.indexOf(0, from);
  if (end < 0) throw badPacket("invalid startup packet layout: expected terminator as last byte");
  const text = bytes.toString("utf8", from, end);
  // Node replaces bytes that are not UTF-8: this code would check another name than PostgreSQL sees.
  if (!Buffer.from(text, "utf8").equals(bytes.subarray(from, end))) {
    throw badPacket("invalid startup packet: a parameter is not UTF-8");
  }
  return text;
}
