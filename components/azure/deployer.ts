import { type Administrator, administratorOf } from "../postgres/administrator.ts";
import { Failure } from "../postgres/failure.ts";
import { databaseToken } from "./credential.ts";
import { tokenClaims } from "./tokenClaims.ts";
import { tokenProblem } from "./tokenProblem.ts";

export { type Administrator, administratorOf } from "../postgres/administrator.ts";

/**
 * The identity that runs Pulumi, from the claims of its own token, so that it needs no permission on the directory.
 *
 * @throws {UserError} without a login.
 */
export async function deployer(): Promise<Administrator> {
  const token = await databaseToken().catch((error) => {
    throw error instanceof Failure ? tokenProblem(error) : error;
  });
  return administratorOf(tokenClaims(token));
}
