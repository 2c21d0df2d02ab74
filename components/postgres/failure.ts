import type { TokenClaims } from "../azure/tokenClaims.ts";
import { errorFor } from "../errors/errorFor.ts";
import type { ErrorCode } from "../errors/errorTable.ts";
import type { Phase } from "../errors/table/entry.ts";

/** How far a login got. */
export type Stage =
  | "opening the connection"
  | "agreeing on TLS"
  | "waiting for the server to ask for the token"
  | "having the token checked";

/**
 * What a driver, a server or the network reported, and in which phase; not a `UserError` yet, because it may be retried. A lost connection
 * means nothing before COMMIT was sent, and anything after it.
 */
export class Failure extends Error {
  readonly phase: Phase;
  /** SQLSTATE, the status of an HTTP response, or Node.js's code such as ECONNREFUSED; empty where there is none. */
  readonly code: string;
  /** The server's DETAIL, which names what depends on what. */
  readonly detail: string;
  readonly stage?: Stage;
  /** Whose token it was and how long it lived, never the token. */
  readonly claims?: TokenClaims;
  /** Seconds to wait before the next request, as the response asked. */
  readonly retryAfter?: number;

  constructor(
    phase: Phase,
    error: unknown,
    circumstances: { stage?: Stage; claims?: TokenClaims; retryAfter?: number } = {},
  ) {
    const { stage, claims, retryAfter } = circumstances;
    // Node.js wraps the attempts on a name's several addresses in one AggregateError with an empty message.
    const first = error instanceof AggregateError && error.errors.length > 0 ? error.errors[0] : error;
    super(first instanceof Error ? first.message : String(first));
    this.name = "Failure";
    this.phase = phase;
    this.code = codeOf(error) || codeOf(first);
    this.detail = (first as { detail?: unknown }).detail?.toString() ?? "";
    if (stage) this.stage = stage;
    if (claims) this.claims = claims;
    if (retryAfter !== undefined) this.retryAfter = retryAfter;
    this.stack = "";
  }

  /** Its code in the error table; undefined where the table does not know it. Before a login only errors of Azure count. */
  get errorCode(): ErrorCode | undefined {
    const code = errorFor({ phase: this.phase, code: this.code, text: this.message });
    const beforeLogin = this.phase === "token" || this.phase === "azure";
    return beforeLogin && !code?.startsWith("EP-AZ-") ? undefined : code;
  }

  /** Whether the code is the server's own, a SQLSTATE. */
  get bySqlState(): boolean {
    // Node.js's codes that are as long, such as EPIPE, begin with an E, which no class of SQLSTATE does.
    return /^[0-9A-DF-Z][0-9A-Z]{4}$/.test(this.code);
  }

  /** The words for the line "found". */
  get words(): string {
    const code = this.code ? ` (${this.bySqlState ? "SQLSTATE " : ""}${this.code})` : "";
    return `${this.message}${code}${this.detail ? `; ${this.detail.replaceAll("\n", "; ")}` : ""}`;
  }
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === "string" ? code : "";
}
