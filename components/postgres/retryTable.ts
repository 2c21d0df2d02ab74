import type { Failure, Phase } from "./failure.ts";

/**
 * What is tried again, for how long, and what never is. A retry is a new connection and the whole transaction, which reads before
 * it writes; never a single statement. The first rule that matches counts; what matches none is not tried again.
 */
export interface RetryRule {
  /** What the failure is, in the words of this table. */
  name: string;
  /** Where the operation was. @default anywhere */
  phases?: Phase[];
  /** SQLSTATEs, statuses of an HTTP answer or Node.js's codes; one of them. @default any */
  codes?: string[];
  /** The server's or driver's text; for errors that share a code with others, or have none. @default any */
  text?: RegExp;
  retry: Never | Bound;
}

/** Trying again cannot help: why. */
export interface Never {
  never: string;
}

/** Trying again can help: how long, and what is being waited for meanwhile. */
export interface Bound {
  /** What a person reads while it is waited: "waiting for <this>, 12 s of 180 s". */
  waitingFor: string;
  /** Tries after the first. @default as many as the seconds allow */
  tries?: number;
  /** Seconds after the first failure of this kind; `waitSeconds` is the argument of that name. @default until the deadline */
  seconds?: number | "waitSeconds";
  /** Seconds of the first pause and of the longest. Each is half as long again as the one before, give or take a quarter. */
  pause: [number, number];
}

/** What Node.js says of a certificate that is not to be trusted, or of a handshake that failed. */
const TLS_CODES = [
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "CERT_SIGNATURE_FAILURE",
  "CERT_UNTRUSTED",
  "ERR_SSL_UNSUPPORTED_PROTOCOL",
  "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION",
  "ERR_SSL_WRONG_VERSION_NUMBER",
  "EPROTO",
];

export const AZURE_BUSY: RetryRule = {
  name: "the resource manager is busy or fails",
  phases: ["azure"],
  codes: ["408", "429", "500", "502", "503", "504"],
  retry: { waitingFor: "Azure's resource manager", pause: [1, 20] },
};
export const AZURE_UNREACHED: RetryRule = {
  name: "the resource manager is not reached",
  phases: ["azure"],
  // The last are those of Node.js's fetch.
  codes: [
    ...["ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH"],
    ...["UND_ERR_CONNECT_TIMEOUT", "UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT", "UND_ERR_SOCKET"],
  ],
  retry: { waitingFor: "a way to Azure's resource manager", pause: [1, 20] },
};
export const TLS: RetryRule = {
  name: "TLS cannot be verified",
  phases: ["connect"],
  codes: TLS_CODES,
  retry: { never: "a certificate does not become another one" },
};
export const NO_TLS: RetryRule = {
  name: "the server does not speak TLS",
  phases: ["connect"],
  text: /does not support SSL|error response for SSL/i,
  retry: { never: "a token is never sent unprotected" },
};
export const ASSERTION_REFUSED: RetryRule = {
  name: "the OIDC assertion is over, or no federated credential matches it",
  phases: ["token"],
  text: /AADSTS(700024|70021(\d{1,2})?):/,
  retry: { never: "the same assertion, or another of the same job, is refused again" },
};
export const TOKEN_BUSY: RetryRule = {
  name: "the token service is busy",
  phases: ["token"],
  // The second is what the SDK makes of a 429 of the metadata service, which it does not try again.
  text: /\b429\b|too many requests|reading 'expires_on'|temporarily|AADSTS90033|OIDC endpoint of \w+ (did not answer|answered 5)/i,
  retry: { waitingFor: "the token service", tries: 4, pause: [1, 10] },
};
export const NO_TOKEN: RetryRule = {
  name: "there is no token",
  phases: ["token"],
  retry: { never: "the Azure SDK has tried as often as it helps" },
};
export const NOT_IN_TENANT: RetryRule = {
  name: "the principal is not in the tenant",
  text: /is not found in the tenant/,
  retry: { waitingFor: "the identity to reach the directory", seconds: "waitSeconds", pause: [2, 15] },
};
export const DIRECTORY_DENIED: RetryRule = {
  name: "the server could not ask the directory",
  codes: ["0LP01"],
  text: /validate user/,
  retry: { waitingFor: "the server to reach the directory", tries: 3, pause: [1, 8] },
};
export const WRONG_TYPE: RetryRule = {
  name: "the principal is of another type",
  text: /incorrect object type/,
  retry: { never: "the type is the caller's" },
};
export const FIREWALL: RetryRule = {
  name: "the firewall lets nobody in from here",
  text: /no pg_hba\.conf entry/,
  retry: { waitingFor: "a firewall rule to take effect", tries: 1, pause: [5, 5] },
};
export const TOKEN_REFUSED: RetryRule = {
  name: "the token was refused",
  phases: ["connect"],
  codes: ["28P01"],
  retry: { waitingFor: "another token", tries: 1, pause: [1, 1] },
};
export const TOKEN_INVALID: RetryRule = {
  name: "the token was not valid",
  phases: ["connect"],
  text: /error occurred while validating the access token|valid audience claim|access token has expired/,
  retry: { waitingFor: "another token", tries: 1, pause: [1, 1] },
};
export const LOGIN_REFUSED: RetryRule = {
  name: "the login was refused",
  phases: ["connect"],
  codes: ["28000"],
  retry: { never: "another token of the same principal says the same" },
};
export const NAME_UNKNOWN: RetryRule = {
  name: "the server's name does not resolve",
  phases: ["connect"],
  codes: ["ENOTFOUND", "EAI_AGAIN"],
  retry: { waitingFor: "the server's name to appear in DNS", seconds: 90, pause: [1, 10] },
};
export const REFUSED: RetryRule = {
  name: "nothing listens on the port",
  phases: ["connect"],
  codes: ["ECONNREFUSED"],
  retry: { waitingFor: "the server to take connections", seconds: 60, pause: [1, 10] },
};
export const NO_ANSWER: RetryRule = {
  name: "no answer",
  phases: ["connect"],
  codes: ["ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH"],
  retry: { waitingFor: "an answer of the server", tries: 1, pause: [1, 1] },
};
export const NO_ANSWER_IN_TIME: RetryRule = {
  name: "no answer within the time for a login",
  phases: ["connect"],
  text: /timeout expired/,
  retry: { waitingFor: "an answer of the server", tries: 1, pause: [1, 1] },
};
export const NO_DATABASE: RetryRule = {
  name: "the database does not exist",
  phases: ["connect"],
  codes: ["3D000"],
  retry: { waitingFor: "a new database to appear", tries: 1, pause: [2, 2] },
};
export const FUNCTION_MISSING: RetryRule = {
  name: "the function does not exist",
  codes: ["42883"],
  retry: { never: "it is the wrong database, or Entra authentication is off" },
};
export const LOCKED: RetryRule = {
  name: "another session holds what is needed",
  codes: ["55P03"],
  retry: { waitingFor: "another session to end its transaction", pause: [0.5, 5] },
};
export const READ_ONLY: RetryRule = {
  name: "the server takes no writes",
  codes: ["25006"],
  retry: { waitingFor: "a server that takes writes", tries: 1, pause: [2, 2] },
};

/** In the order in which they are tried. */
export const RETRY_TABLE: readonly RetryRule[] = [
  AZURE_BUSY,
  AZURE_UNREACHED,
  TLS,
  NO_TLS,
  ASSERTION_REFUSED,
  TOKEN_BUSY,
  NO_TOKEN,
  NOT_IN_TENANT,
  DIRECTORY_DENIED,
  WRONG_TYPE,
  FIREWALL,
  TOKEN_INVALID,
  TOKEN_REFUSED,
  LOGIN_REFUSED,
  NAME_UNKNOWN,
  REFUSED,
  NO_ANSWER,
  NO_ANSWER_IN_TIME,
  NO_DATABASE,
  FUNCTION_MISSING,
  LOCKED,
  READ_ONLY,
  {
    name: "the server stops or starts",
    codes: ["57P01", "57P02", "57P03", "57P05"],
    retry: { waitingFor: "the server to start", pause: [0.5, 10] },
  },
  {
    name: "too many connections",
    codes: ["53300"],
    retry: { waitingFor: "a free connection", pause: [2, 20] },
  },
  {
    name: "the server is out of a resource",
    codes: ["53000", "53100", "53200", "53400", "58000", "58030"],
    retry: { waitingFor: "the server to have room again", tries: 3, pause: [2, 10] },
  },
  {
    name: "two transactions met",
    codes: ["40001", "40P01"],
    retry: { waitingFor: "another transaction", tries: 10, pause: [0.1, 2] },
  },
  {
    name: "two sessions changed the same catalog row",
    codes: ["XX000"],
    text: /tuple concurrently (updated|deleted)|cache lookup failed/,
    retry: { waitingFor: "another session's change", tries: 10, pause: [0.1, 2] },
  },
  {
    name: "somebody made the role at the same moment",
    codes: ["42710"],
    retry: { waitingFor: "a look at the role that somebody made", tries: 3, pause: [0.1, 1] },
  },
  {
    name: "somebody made the role at the same moment",
    codes: ["23505"],
    text: /pg_authid_rolname_index/,
    retry: { waitingFor: "a look at the role that somebody made", tries: 3, pause: [0.1, 1] },
  },
  {
    name: "the role went away meanwhile",
    codes: ["42704"],
    retry: { waitingFor: "another look at the role", tries: 1, pause: [0.1, 0.1] },
  },
  {
    name: "the connection was lost",
    codes: ["ECONNRESET", "EPIPE", "ECONNABORTED", "ETIMEDOUT", "08000", "08001", "08003", "08004", "08006", "08007"],
    retry: { waitingFor: "the connection to last", seconds: 120, pause: [0.2, 10] },
  },
  {
    name: "the connection was lost",
    text: /Connection terminated|Client network socket disconnected|connection ended|Query read timeout|Connection ended unexpectedly|socket hang up/,
    retry: { waitingFor: "the connection to last", seconds: 120, pause: [0.2, 10] },
  },
];

/** The first rule for this failure; undefined for one that is not in the table and so is not tried again. */
export function retryRule(failure: Failure): RetryRule | undefined {
  return RETRY_TABLE.find(
    ({ phases, codes, text }) =>
      (!phases || phases.includes(failure.phase)) &&
      (!codes || codes.includes(failure.code)) &&
      (!text || text.test(failure.message)),
  );
}
