import type { SecureVersion } from "node:tls";
import type { CertificateAuthority, IssuedCertificate } from "../../sandbox/postgres/certificates.ts";
import type { Direction } from "./protocolMessages.ts";

/** A message that came by. */
export interface SeenMessage {
  /** Number of the connection, from 0, in the order in which they came. */
  connection: number;
  direction: Direction;
  /** Number of the message within its connection and direction, from 0: the same in every run that does the same. */
  ordinal: number;
  /**
   * PostgreSQL's name of it; before TLS "connect" (a client came), "SSLRequest", "S" (the server speaks TLS) and "TLS" (both
   * handshakes are done).
   */
  type: string;
  /** The SQL, command tag or SQLSTATE in it; never a password. */
  text?: string;
}

/**
 * What is done in place of passing a message on: `reset` sends a TCP reset to both sides, `close` ends both connections, `stall`
 * passes nothing more, the end of a side neither, and keeps both open until {@link Cutter.reset}; `delay` passes it on after
 * milliseconds; `pass` passes it on, and resets when it has left.
 */
export type Action = "reset" | "close" | "stall" | { delay: number } | { pass: "reset" };

/** Options of {@link Cutter.start}. */
export interface CutterOptions {
  /** The gateway's port on 127.0.0.1. */
  targetPort: number;
  /** Signs the certificate that clients see, and is trusted for the gateway's. */
  authority: CertificateAuthority;
}

/** What a connection through the cutter asks of the cutter. */
export interface Meeting {
  readonly certificate: IssuedCertificate;
  readonly tls: { minVersion: SecureVersion; maxVersion: SecureVersion; ciphers?: string };
  /** Notes the message. Answers what is to be done in place of passing it on. */
  meet(message: SeenMessage): Action | undefined;
}
