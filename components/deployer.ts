import { type Administrator, administratorOf } from "./principal/administrator.ts";
import { databaseToken, tokenClaims } from "./principal/credential.ts";
import { Failure } from "./principal/failure.ts";
import { tokenProblem } from "./principal/tokenProblem.ts";

export { type Administrator, administratorOf } from "./principal/administrator.ts";

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
