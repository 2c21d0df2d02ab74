import { databaseToken } from "../azure/credential.ts";
import { tokenClaims } from "../azure/tokenClaims.ts";
import { tokenProblem } from "../azure/tokenProblem.ts";
import { type Administrator, loginOf } from "./administrator.ts";
import { Failure } from "./failure.ts";

/** {@link loginOf} for the identity that runs Pulumi. @throws {UserError} without a login */
export async function currentLogin(administrators: readonly Administrator[]): Promise<string | undefined> {
  const token = await databaseToken().catch((error) => {
    throw error instanceof Failure ? tokenProblem(error) : error;
  });
  return loginOf(tokenClaims(token), administrators);
}
