import { CANCEL_REQUEST } from "../../sandbox/postgres/protocol.ts";

/** Who a message goes to. */
export type Direction = "toServer" | "toClient";

/** A message of PostgreSQL's protocol, as it came. */
export interface ProtocolMessage {
  /** The name that PostgreSQL's documentation gives it. */
  type: string;
  /** The SQL of Query and Parse, the tag of CommandComplete, the SQLSTATE of ErrorResponse; of no other message anything. */
  text?: string;
  raw: Buffer;
}

const FROM_CLIENT: Record<string, string> = {
  B: "Bind",
  C: "Close",
  D: "Describe",
  E: "Execute",
  H: "Flush",
  P: "Parse",
  p: "PasswordMessage",
  Q: "Query",
  S: "Sync",
  X: "Terminate",
};

const FROM_SERVER: Record<string, string> = {
  "1": "ParseComplete",
  "2": "BindComplete",
  "3": "CloseComplete",
  A: "NotificationResponse",
  C: "CommandComplete",
  D: "DataRow",
  E: "ErrorResponse",
  I: "EmptyQueryResponse",
  K: "BackendKeyData",
  N: "NoticeResponse",
  n: "NoData",
  R: "Authentication",
  S: "ParameterStatus",
  s: "PortalSuspended",
  T: "RowDescription",
  t: "ParameterDescription",
  Z: "ReadyForQuery",
};

/** Cuts a stream of one direction into messages. The request for TLS comes before it. */
export class MessageReader {
  readonly #direction: Direction;
  #started = false;
  #rest = Buffer.alloc(0);

  constructor(direction: Direction) {
    this.#direction = direction;
  }

  /** The messages that are complete with this chunk. @throws Error when it is no message */
  *read(chunk: Buffer): Generator<ProtocolMessage> {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    for (;;) {
      // The first message of a client has no type byte.
      const startup = this.#direction === "toServer" && !this.#started;
      const head = startup ? 0 : 1;
      if (this.#rest.length < head + 4) {
        return;
      }
      const said = this.#rest.readUInt32BE(head);
      // The length counts itself, and in a client's first message a code behind it.
      if (said < (startup ? 8 : 4)) {
        throw new Error(`PostgreSQL's protocol has no message of ${said} bytes.`);
      }
      const length = head + said;
      if (this.#rest.length < length) {
        return;
      }
      const raw = this.#rest.subarray(0, length);
      this.#rest = this.#rest.subarray(length);
      this.#started = true;
      yield startup ? { type: nameOfFirst(raw), raw } : this.#named(raw);
    }
  }

  #named(raw: Buffer): ProtocolMessage {
    const letter = String.fromCharCode(raw[0] ?? 0);
    const type = (this.#direction === "toServer" ? FROM_CLIENT : FROM_SERVER)[letter] ?? `unknown ${letter}`;
    const text = textOf(type, raw.subarray(5));
    return { type, raw, ...(text === undefined ? {} : { text }) };
  }
}

function nameOfFirst(raw: Buffer): string {
  return raw.readUInt32BE(4) === CANCEL_REQUEST ? "CancelRequest" : "StartupMessage";
}

function textOf(type: string, body: Buffer): string | undefined {
  const strings = () => body.toString("utf8").split("\0");
  switch (type) {
    case "Query":
    case "CommandComplete":
      return strings()[0];
    case "Parse":
      return strings()[1];
    case "ErrorResponse":
      return strings()
        .find((field) => field.startsWith("C"))
        ?.slice(1);
    case "Authentication":
      return body.readUInt32BE(0) === 0 ? "ok" : "request";
    default:
      return undefined;
  }
}
