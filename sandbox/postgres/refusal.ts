import { POSTGRES_RESOURCE } from "../entra/tokenRequest.ts";

/**
 * Why a client cannot log in: SQLSTATE and text of the protocol's error. The texts are Azure's where one has been published; docs/fidelity.md
 * names the source of each. SQLSTATE 28000 (invalid_authorization_specification) has been seen for a wrong type of token; it is assumed for the
 * others.
 */
const REFUSALS = {
  /** The client's address is not in a firewall rule, or it does not use TLS. */
  noHostEntry: ["28000", 'no pg_hba.conf entry for host "{host}", user "{user}", database "{database}", {encryption}'],
  noReplicationEntry: [
    "28000",
    'no pg_hba.conf entry for replication connection from host "{host}", user "{user}", SSL encryption',
  ],
  /** The role is not bound to an Entra principal, or the password is not a token. */
  passwordFailed: ["28P01", 'password authentication failed for user "{user}"'],
  tokenExpired: ["28000", "The access token has expired"],
  wrongAudience: [
    "28000",
    "The access token does not have a valid audience claim. " +
      `Please acquire a new token for the resource "${POSTGRES_RESOURCE}".`,
  ],
  invalidToken: ["28000", "An error occurred while validating the access token. Please acquire a new token and retry."],
  noObjectId: ["28000", "The access token doesn't have a valid oid claim"],
  /** Azure has the explanation in place of the role's name. */
  serviceMismatch: [
    "28000",
    'Service principal oid mismatch for role "The oid in the security label [{label}] does not match ' +
      'the appid [{appId}] or oid [{objectId}] in the token."',
  ],
  userTokenForService: [
    "28000",
    'Service principals cannot generate AAD_AUTH_TOKENTYPE_APP_USER tokens for role "{role}".',
  ],
  serviceTokenForUser: [
    "28000",
    'Microsoft Entra user token for role "{role}" is neither an AAD_AUTH_TOKENTYPE_APP_USER or an ' +
      "AAD_AUTH_TOKENTYPE_APP_OBO token.",
  ],
  userMismatch: ["28000", 'The oid in the access token does not match the Microsoft Entra user of role "{role}".'],
  notInGroup: ["28000", 'The access token\'s principal is not a member of the Microsoft Entra group of role "{role}".'],
  noMfa: ["28000", 'The access token has no mfa claim, which role "{role}" requires.'],
  badPacket: ["08P01", "{detail}"],
  noUser: ["28000", "no PostgreSQL user name specified in startup packet"],
  unsupportedProtocol: ["0A000", "unsupported frontend protocol {asked}: server supports 3.0 to 3.{minor}"],
  notReady: ["57P03", "the database system is starting up"],
} as const satisfies Record<string, readonly [code: string, text: string]>;

/** An error with which the gateway ends a connection. */
export class Refusal extends Error {
  /** SQLSTATE. */
  readonly code: string;

  /** @param values what the text names in braces */
  constructor(reason: keyof typeof REFUSALS, values: Readonly<Record<string, string>> = {}) {
    const [code, text] = REFUSALS[reason];
    super(text.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? ""));
    this.code = code;
  }
}

/** A client's bytes do not follow PostgreSQL's protocol. */
export function badPacket(detail: string): Refusal {
  return new Refusal("badPacket", { detail });
}

/** A client's bytes are so far from the protocol that PostgreSQL closes the connection without an answer. The text is for the log alone. */
export class SilentRefusal extends Error {}
