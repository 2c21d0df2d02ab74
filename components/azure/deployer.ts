import { UserError } from "../errors/userError.ts";
import { type Administrator, administratorOf } from "../postgres/administrator.ts";
import { Failure } from "../postgres/failure.ts";
import { memberNameProblem } from "../postgres/roleName.ts";
import { databaseToken } from "./credential.ts";
import { type TokenClaims, tokenClaims } from "./tokenClaims.ts";
import { tokenProblem } from "./tokenProblem.ts";

export { type Administrator, administratorOf } from "../postgres/administrator.ts";

/**
 * The identity that runs Pulumi, from the claims of its own token, so that it needs no permission on the directory.
 *
 * @throws {UserError} without a login; EP-LOGIN-05 for a user whose role's name the token does not tell, and for a name that no role can have
 */
export async function deployer(): Promise<Administrator> {
  const token = await databaseToken().catch((error) => {
    throw error instanceof Failure ? tokenProblem(error) : error;
  });
  return administratorFrom(tokenClaims(token));
}

/** {@link administratorOf} for an administrator that is going to be created, so that its name has to be right. */
export function administratorFrom(claims: TokenClaims): Administrator {
  const found = administratorOf(claims);
  const problem = nameProblem(claims, found);
  if (problem === undefined) return found;
  throw new UserError({
    code: "EP-LOGIN-05",
    step: "finding the administrator's name",
    expected: problem.expected,
    found: problem.found,
    remedy: `pulumi config set adminObjectId ${claims.oid}; pulumi config set adminType ${found.type}; pulumi config set adminName ${problem.name}`,
  });
}

/** The command that prints a user's principal name, a guest's with `#EXT#`. */
const ASK_DIRECTORY = '"$(az ad signed-in-user show --query userPrincipalName --output tsv)"';

function nameProblem(claims: TokenClaims, { name, type }: Administrator) {
  // Source: Microsoft Learn, "Manage Microsoft Entra roles in Azure Database for PostgreSQL": a guest's role has the full name with #EXT#.
  if (type === "User" && (claims.upn === undefined || (claims.idp !== undefined && !claims.upn.includes("#EXT#")))) {
    const expected = "the user's principal name in the token (claim upn), a guest's with #EXT#";
    return {
      expected,
      found: claims.upn ?? "none; personal accounts and guests have no such claim",
      name: ASK_DIRECTORY,
    };
  }
  const problem = memberNameProblem(name);
  if (problem === undefined) return undefined;
  return { expected: "a name that a role can have, of at most 63 bytes", found: problem, name: "<a shorter name>" };
}
