import { type Administrator, administratorOf } from "../postgres/administrator.ts";
import { Failure } from "../postgres/failure.ts";
import { databaseToken } from "./credential.ts";
import { tokenClaims } from "./tokenClaims.ts";
import { tokenProblem } from "./tokenProblem.ts";

export { type Administrator, administratorOf } from "../postgres/administrator.ts";

/**
 * Whoever runs Pulumi, as the claims of their own token say, so that no permission on the directory is needed.
 *
 * @throws {UserError} when nobody is logged in.
 */
export async function deployer(): Promise<Administrator> {
  const token = await databaseToken().catch((error) => {
    throw error instanceof Failure ? tokenProblem(error) : error;
  });
  return administratorOf(tokenClaims(token));
}
