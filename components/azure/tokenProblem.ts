import type { ErrorCode } from "../errors/errorTable.ts";
import { UserError } from "../errors/userError.ts";
import type { Failure } from "../postgres/failure.ts";
import { databaseScope } from "./credential.ts";
import { type AssertionSource, assertionSource } from "./oidcAssertion.ts";

/**
 * The error for a token that could not be fetched, or was not a token.
 *
 * @param scope what it was for
 */
export function tokenProblem(
  failure: Failure,
  at?: string,
  env: NodeJS.ProcessEnv = process.env,
  scope = databaseScope(env),
): UserError {
  const code = failure.errorCode ?? "EP-AZ-01";
  return new UserError({
    code,
    step: "getting the deployer's token",
    ...(at === undefined ? {} : { at }),
    expected: EXPECTED[code] ?? `a Microsoft Entra token for ${scope}`,
    found: failure.message,
    ...(code === "EP-AZ-02" ? { remedy: afterExpiry(env) } : {}),
  });
}

const EXPECTED: { readonly [code in ErrorCode]?: string } = {
  "EP-AZ-02": "an OIDC token that has not expired; a job's lives for minutes, and creating a server takes as long",
  "EP-AZ-03":
    "the identity of ARM_CLIENT_ID to have a federated credential for this job's issuer, subject and audience, letter for letter",
};

const CLOCK = "compare this machine's clock with the time of day; then run `pulumi up` again";
const AGAIN = "then run `pulumi up` again, which continues from here";
const keptFresh = (variable: string) =>
  `have a process keep the file of ${variable} fresh (node delivery/federatedToken/main.ts -- pulumi up); ${AGAIN}`;

/** How to get a new OIDC token in place of the expired one, by where it came from. */
const REFRESHED: Record<AssertionSource, string> = {
  ARM_OIDC_TOKEN:
    "unset ARM_OIDC_TOKEN so that the job requests tokens when it needs them: `permissions: id-token: write` on GitHub sets " +
    `ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN; ${AGAIN}`,
  ARM_OIDC_TOKEN_FILE_PATH: keptFresh("ARM_OIDC_TOKEN_FILE_PATH"),
  endpoint: CLOCK,
  none: CLOCK,
};

/** The token is a job's, or one that a certificate's key has just signed. */
function afterExpiry(env: NodeJS.ProcessEnv): string {
  if (env.ARM_USE_OIDC === "true" && !env.ARM_CLIENT_CERTIFICATE_PATH) {
    return REFRESHED[assertionSource(env)];
  }
  return env.AZURE_FEDERATED_TOKEN_FILE ? keptFresh("AZURE_FEDERATED_TOKEN_FILE") : CLOCK;
}
