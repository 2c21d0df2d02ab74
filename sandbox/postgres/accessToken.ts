import { createLocalJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from "jose";
import type { Directory } from "../entra/directory.ts";
import type { TokenIssuer } from "../entra/tokenIssuer.ts";
import { POSTGRES_RESOURCE } from "../entra/tokenRequest.ts";
import { Refusal } from "./refusal.ts";

/** Seconds by which the clock of a token's issuer may be ahead. An expired token has no such leeway. */
const NOT_BEFORE_LEEWAY = 300;

/** The principal of a role, as the role's security label has it. */
export interface RoleBinding {
  /** Object id; for a service it may be the client id. */
  oid: string;
  type: "service" | "user" | "group";
  admin: boolean;
  mfa: boolean;
}

/** Reads a label such as `aadauth,oid=<id>,type=service,admin`. @returns undefined for a label of another form */
export function parseLabel(label: string): RoleBinding | undefined {
  const parts = label.split(",");
  const value = (name: string) => parts.find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1);
  const oid = value("oid")?.toLowerCase();
  const type = value("type");
  if (parts[0] !== "aadauth" || !oid || (type !== "service" && type !== "user" && type !== "group")) return undefined;
  return { oid, type, admin: parts.includes("admin"), mfa: parts.includes("mfa") };
}

/** Decides whether the bearer of a token can log in as a role. */
export class AccessTokenCheck {
  readonly #directory: Directory;
  readonly #issuer: TokenIssuer;
  readonly #keys: JWTVerifyGetKey;

  constructor(directory: Directory, issuer: TokenIssuer) {
    this.#directory = directory;
    this.#issuer = issuer;
    const keys = createLocalJWKSet(issuer.jwks);
    this.#keys = (header, token) => {
      // jose takes the only key of a set for a token without a key id.
      if (!header.kid) throw new errors.JWKSNoMatchingKey();
      return keys(header, token);
    };
  }

  /** @throws Refusal, which never holds the token */
  async check(token: string, role: string, binding: RoleBinding | undefined): Promise<void> {
    if (!binding || token.split(".").length !== 3) throw new Refusal("passwordFailed", { user: role });
    const claims = await this.#verify(token);
    if (typeof claims.oid !== "string" || claims.oid === "") throw new Refusal("noObjectId");
    if (claims.tid !== this.#directory.tenantId) throw new Refusal("invalidToken");
    this.#match(claims, claims.oid, role, binding);
    const methods = claims.amr;
    if (binding.mfa && !(Array.isArray(methods) && methods.includes("mfa"))) throw new Refusal("noMfa", { role });
  }

  async #verify(token: string): Promise<JWTPayload> {
    let claims: JWTPayload;
    const now = this.#issuer.now();
    try {
      ({ payload: claims } = await jwtVerify(token, this.#keys, {
        algorithms: ["RS256"],
        issuer: this.#issuer.issuer,
        audience: POSTGRES_RESOURCE,
        clockTolerance: NOT_BEFORE_LEEWAY,
        currentDate: new Date(now),
        requiredClaims: ["exp", "nbf"],
      }));
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw new Refusal("tokenExpired");
      if (error instanceof errors.JWTClaimValidationFailed && error.claim === "aud") throw new Refusal("wrongAudience");
      throw new Refusal("invalidToken");
    }
    if ((claims.exp ?? 0) <= now / 1000) throw new Refusal("tokenExpired");
    return claims;
  }

  #match(claims: JWTPayload, objectId: string, role: string, binding: RoleBinding): void {
    const appId = typeof claims.appid === "string" ? claims.appid : "";
    const isService = claims.idtyp === "app";
    const { type, oid: label } = binding;
    if (type === "group") {
      if (!this.#directory.isMember(label, objectId)) throw new Refusal("notInGroup", { role });
    } else if (type === "service") {
      if (!isService) throw new Refusal("userTokenForService", { role });
      if (label !== objectId && label !== appId) throw new Refusal("serviceMismatch", { label, appId, objectId });
    } else {
      if (isService) throw new Refusal("serviceTokenForUser", { role });
      if (label !== objectId) throw new Refusal("userMismatch", { role });
    }
  }
}
