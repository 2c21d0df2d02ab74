import { UserError } from "../errors/userError.ts";

/** What a token says of its owner. The signature is not checked here: the claims only choose a default, the server checks. */
export interface TokenClaims {
  oid: string;
  tid: string;
  aud?: string;
  /** Seconds since the epoch. */
  exp?: number;
  nbf?: number;
  idtyp?: string;
  /** Who authenticated the user, where that is not the token's own tenant: the user is a guest. */
  idp?: string;
  appid?: string;
  /** What tokens of version 2 have in place of `appid`. */
  azp?: string;
  upn?: string;
  unique_name?: string;
  preferred_username?: string;
  xms_mirid?: string;
  /** Object ids of groups, where the tenant is configured to add them. */
  groups?: string[];
}

/** @throws {UserError} when the token is not a JWT with the claims `oid` and `tid`. */
export function tokenClaims(token: string): TokenClaims {
  try {
    const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
    if (typeof claims.oid === "string" && typeof claims.tid === "string") {
      return claims;
    }
  } catch {
    // The parser's message could quote the token; the error below does not.
  }
  throw new UserError({
    code: "EP-AZ-10",
    step: "reading the deployer's token",
    expected: "a JSON web token with the claims oid and tid",
    found: "something else",
  });
}
