import type { Duplex } from "node:stream";
import { badPacket, type Refusal } from "./refusal.ts";

/** Codes of requests, in place of a startup packet's protocol version. */
export const SSL_REQUEST = 80_877_103;
export const GSS_REQUEST = 80_877_104;
export const CANCEL_REQUEST = 80_877_102;

/** PostgreSQL's limits, in bytes, for packets before the login. */
const STARTUP_LIMIT = 10_000;
const PASSWORD_LIMIT = 65_535;

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
}

/** Reads the first packet. @throws Refusal 08P01 for a length that no packet has */
export async function readFirstPacket(stream: Duplex): Promise<FirstPacket> {
  const head = await readExactly(stream, 4);
  const length = head.readUInt32BE();
  if (length < 8 || length > STARTUP_LIMIT) throw badPacket("invalid length of startup packet");
  const raw = Buffer.concat([head, await readExactly(stream, length - 4)]);
  return { code: raw.readUInt32BE(4), raw };
}

/**
 * Reads a startup message's parameters.
 * @throws Refusal for another protocol than 3, a malformed message or a repeated parameter: PostgreSQL takes the last of two users, which might
 * not be the one that is checked here
 */
export function parseStartup({ code, raw }: FirstPacket): Startup {
  if (code >>> 16 !== 3)
    throw badPacket(`unsupported frontend protocol ${code >>> 16}.${code & 0xffff}: server supports 3.0 to 3.2`);
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
  const user = parameters.get("user");
  if (!user) throw badPacket("no PostgreSQL user name specified in startup packet");
  const replication = parameters.get("replication") ?? "false";
  return {
    user,
    database: parameters.get("database") || user,
    replication: !["false", "off", "no", "0", "f", "n"].includes(replication.toLowerCase()),
  };
}

/** Reads the answer to a request for a password. */
export async function readPassword(stream: Duplex): Promise<string> {
  const head = await readExactly(stream, 5);
  if (head[0] !== 0x70) throw badPacket(`expected password response, got message type ${head[0]}`);
  const length = head.readUInt32BE(1);
  if (length < 5 || length > PASSWORD_LIMIT) throw badPacket("invalid password packet size");
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
