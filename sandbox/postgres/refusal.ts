import { POSTGRES_RESOURCE } from "../entra/tokenRequest.ts";

/** Why a client is sent away: what the error message of the protocol says. */
export class Refusal extends Error {
  /** SQLSTATE. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

// The texts are Azure's where one has been published; docs/fidelity.md names the source of each. SQLSTATE 28000
// (invalid_authorization_specification) has been seen for a refused token type and is assumed for the others.

/** The client's address is not in a firewall rule, or it did not use TLS. */
export function noHostEntry(host: string, user: string, database: string, encrypted: boolean): Refusal {
  const encryption = encrypted ? "SSL encryption" : "no encryption";
  return new Refusal(
    "28000",
    `no pg_hba.conf entry for host "${host}", user "${user}", database "${database}", ${encryption}`,
  );
}

export function noReplicationEntry(host: string, user: string): Refusal {
  return new Refusal(
    "28000",
    `no pg_hba.conf entry for replication connection from host "${host}", user "${user}", SSL encryption`,
  );
}

/** The role is not bound to an Entra principal, or the password is not a token. */
export function passwordFailed(user: string): Refusal {
  return new Refusal("28P01", `password authentication failed for user "${user}"`);
}

export function tokenExpired(): Refusal {
  return new Refusal("28000", "The access token has expired");
}

export function wrongAudience(): Refusal {
  return new Refusal(
    "28000",
    `The access token does not have a valid audience claim. Please acquire a new token for the resource "${POSTGRES_RESOURCE}".`,
  );
}

export function invalidToken(): Refusal {
  return new Refusal(
    "28000",
    "An error occurred while validating the access token. Please acquire a new token and retry.",
  );
}

export function noObjectId(): Refusal {
  return new Refusal("28000", "The access token doesn't have a valid oid claim");
}

/** Azure puts the explanation where the role's name is expected. */
export function serviceMismatch(label: string, appId: string, objectId: string): Refusal {
  return new Refusal(
    "28000",
    `Service principal oid mismatch for role "The oid in the security label [${label}] does not match the appid [${appId}] or oid [${objectId}] in the token."`,
  );
}

/** A user's token for a role of a service principal. */
export function userTokenForService(role: string): Refusal {
  return new Refusal(
    "28000",
    `Service principals cannot generate AAD_AUTH_TOKENTYPE_APP_USER tokens for role "${role}".`,
  );
}

/** A service principal's token for a role of a user. */
export function serviceTokenForUser(role: string): Refusal {
  return new Refusal(
    "28000",
    `Microsoft Entra user token for role "${role}" is neither an AAD_AUTH_TOKENTYPE_APP_USER or an AAD_AUTH_TOKENTYPE_APP_OBO token.`,
  );
}

export function userMismatch(role: string): Refusal {
  return new Refusal("28000", `The oid in the access token does not match the Microsoft Entra user of role "${role}".`);
}

export function notInGroup(role: string): Refusal {
  return new Refusal(
    "28000",
    `The access token's principal is not a member of the Microsoft Entra group of role "${role}".`,
  );
}

export function noMfa(role: string): Refusal {
  return new Refusal("28000", `The access token has no mfa claim, which role "${role}" requires.`);
}

export function badPacket(detail: string): Refusal {
  return new Refusal("08P01", detail);
}

export function notReady(): Refusal {
  return new Refusal("57P03", "the database system is starting up");
}
