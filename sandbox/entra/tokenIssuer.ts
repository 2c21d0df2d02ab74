import { join } from "node:path";
import { UserError } from "entra-postgres/errors";
import {
  type CryptoKey,
  calculateJwkThumbprint,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JSONWebKeySet,
  type JWK,
  SignJWT,
} from "jose";
import { StateFile } from "../stateFile.ts";
import type { Directory, Principal } from "./directory.ts";

/** A token. */
export interface IssuedToken {
  accessToken: string;
  /** Seconds since the epoch. */
  expiresOn: number;
}

/** Lifetimes of tokens, in seconds. */
const SERVICE_LIFETIME = 86_400;
const USER_LIFETIME = 3_600;

/**
 * Signs access tokens of the form that managed identities get from Entra (version 1.0): RS256, issuer
 * `https://sts.windows.net/<tenant>/`. The key pair is made once and kept in the state folder.
 */
export class TokenIssuer {
  readonly issuer: string;
  /** The public keys that check the tokens. */
  readonly jwks: JSONWebKeySet;
  /** Called with each new token. A test uses it to search for leaks. */
  onIssue?: (token: string) => void;
  /**
   * Claims that replace those of every new token, for a test; `undefined` leaves a claim out. {@link IssuedToken.expiresOn} stays.
   */
  override: Record<string, unknown> = {};
  /** The clock of tokens, in milliseconds since the epoch. A test moves it to let tokens expire. */
  now: () => number = Date.now;

  readonly #directory: Directory;
  readonly #key: CryptoKey;
  readonly #keyId: string;

  private constructor(directory: Directory, key: CryptoKey, publicKey: JWK & { kid: string }) {
    this.#directory = directory;
    this.#key = key;
    this.#keyId = publicKey.kid;
    this.issuer = `https://sts.windows.net/${directory.tenantId}/`;
    this.jwks = { keys: [publicKey] };
  }

  /** The tenant for which it signs. */
  get tenantId(): string {
    return this.#directory.tenantId;
  }

  /** Loads the key pair from the state folder, or makes it. */
  static async open(directory: Directory, stateDir: string): Promise<TokenIssuer> {
    const path = join(stateDir, "token-signing-key.json");
    const file = new StateFile<{ key?: JWK }>(path, () => ({}));
    if (!file.value.key) {
      const { privateKey } = await generateKeyPair("RS256", { extractable: true });
      file.value.key = await exportJWK(privateKey);
      file.save();
    }
    const { kty, n, e } = file.value.key;
    if (!kty || !n || !e) {
      const [step, found] = [`reading ${path}`, "something else"];
      throw new UserError({ code: "EP-SANDBOX-04", step, expected: "an RSA key", found });
    }
    const kid = await calculateJwkThumbprint({ kty, n, e });
    const key = (await importJWK(file.value.key, "RS256")) as CryptoKey;
    return new TokenIssuer(directory, key, { kty, n, e, kid, use: "sig", alg: "RS256" });
  }

  /**
   * Issues a token.
   * @param resource becomes the audience, unchanged
   * @param lifetimeSeconds default 86400 for a service, 3600 for a user; negative for an expired token
   * @param overrides claims that replace the usual ones; `undefined` leaves a claim out
   * @throws Error for a group, which cannot sign in
   */
  async issue(
    principal: Principal,
    resource: string,
    lifetimeSeconds?: number,
    overrides: Record<string, unknown> = {},
  ): Promise<IssuedToken> {
    if (principal.type === "group") {
      throw new Error(`${principal.displayName} is a group: its members can get a token, the group cannot.`);
    }
    const now = Math.floor(this.now() / 1000);
    const expiresOn = now + (lifetimeSeconds ?? (principal.type === "service" ? SERVICE_LIFETIME : USER_LIFETIME));
    const claims = {
      aud: resource,
      iss: this.issuer,
      iat: now,
      nbf: now,
      exp: expiresOn,
      oid: principal.objectId,
      sub: principal.objectId,
      tid: this.#directory.tenantId,
      ...identityClaims(principal),
      ver: "1.0",
      ...this.override,
      ...overrides,
    };
    const accessToken = await new SignJWT(JSON.parse(JSON.stringify(claims)))
      .setProtectedHeader({ typ: "JWT", alg: "RS256", kid: this.#keyId })
      .sign(this.#key);
    this.onIssue?.(accessToken);
    return { accessToken, expiresOn };
  }
}

function identityClaims(principal: Principal): Record<string, unknown> {
  if (principal.type === "user") {
    const name = principal.userPrincipalName;
    return { upn: name, unique_name: name, name: principal.displayName, idtyp: "user" };
  }
  return { appid: principal.clientId, appidacr: "2", idtyp: "app", xms_mirid: principal.resourceId };
}
