import { databaseToken, type TokenClaims, tokenClaims } from "./principal/credential.ts";
import { Failure } from "./principal/failure.ts";
import { tokenProblem } from "./principal/tokenProblem.ts";

/** A Microsoft Entra principal that administers a server. */
export interface Administrator {
  /** Object id (principal id). */
  objectId: string;
  /** The role to log in as: a user's principal name, or a group's or service's display name. */
  name: string;
  /** `User`, `Group` or `ServicePrincipal`. */
  type: string;
}

/**
 * Whoever runs Pulumi, as the claims of their own token say, so that no permission on the directory is needed.
 *
 * @throws {Explained} when nobody is logged in.
 */
export async function deployer(): Promise<Administrator> {
  const token = await databaseToken().catch((error) => {
    throw error instanceof Failure ? tokenProblem(error) : error;
  });
  return administratorOf(tokenClaims(token));
}

/**
 * A user's token names the user. A managed identity's names its Azure resource. A service principal's names nothing but
 * its client id, which then serves as the role's name: a label that the server does not look up.
 */
export function administratorOf(claims: TokenClaims): Administrator {
  const isService = claims.idtyp === "app" || (!claims.idtyp && !claims.upn && !claims.unique_name);
  const name = isService
    ? (claims.xms_mirid?.split("/").at(-1) ?? claims.appid)
    : (claims.upn ?? claims.preferred_username ?? claims.unique_name);
  return { objectId: claims.oid, name: name ?? claims.oid, type: isService ? "ServicePrincipal" : "User" };
}
