import { UserError } from "../errors/userError.ts";
import type { Failure } from "../postgres/failure.ts";
import { databaseScope } from "./credential.ts";
import { type AssertionSource, assertionSource } from "./oidcAssertion.ts";

/**
 * The explanation of a token that could not be had, or was none.
 *
 * @param scope what it was for
 */
export function tokenProblem(
  failure: Failure,
  at?: string,
  env: NodeJS.ProcessEnv = process.env,
  scope = databaseScope(env),
): UserError {
  const { expected, remedy } = causeOf(failure.message, env, scope);
  return new UserError({
    code: "EP-AZ-01",
    step: "getting the deployer's token",
    ...(at === undefined ? {} : { at }),
    expected,
    found: failure.message,
    remedy,
  });
}

const CLOCK = "compare this machine's clock with the time of day; then run `pulumi up` again";
const AGAIN = "then run `pulumi up` again, which goes on from here";
const keptFresh = (variable: string) =>
  `have something keep the file of ${variable} fresh (node delivery/federatedToken/main.ts -- pulumi up); ${AGAIN}`;

/** What else to give in place of an assertion that is over, by where it came from. */
const REFRESHED: Record<AssertionSource, string> = {
  ARM_OIDC_TOKEN:
    "unset ARM_OIDC_TOKEN and let the job ask for assertions as they are needed: `permissions: id-token: write` on GitHub sets " +
    `ACTIONS_ID_TOKEN_REQUEST_URL and ACTIONS_ID_TOKEN_REQUEST_TOKEN; ${AGAIN}`,
  ARM_OIDC_TOKEN_FILE_PATH: keptFresh("ARM_OIDC_TOKEN_FILE_PATH"),
  endpoint: CLOCK,
  none: CLOCK,
};

/** An assertion is a job's, or what a certificate's key has just signed. */
function afterExpiry(env: NodeJS.ProcessEnv): string {
  if (env.ARM_USE_OIDC === "true" && !env.ARM_CLIENT_CERTIFICATE_PATH) {
    return REFRESHED[assertionSource(env)];
  }
  return env.AZURE_FEDERATED_TOKEN_FILE ? keptFresh("AZURE_FEDERATED_TOKEN_FILE") : CLOCK;
}

function causeOf(message: string, env: NodeJS.ProcessEnv, scope: string): { expected: string; remedy: string } {
  if (/AADSTS700024/.test(message)) {
    return {
      expected: "an assertion that is not over; a job's lives for minutes, and making a server takes as long",
      remedy: afterExpiry(env),
    };
  }
  if (/AADSTS70021(\d{1,2})?:/.test(message)) {
    return {
      expected:
        "the identity of ARM_CLIENT_ID to have a federated credential for this job's issuer, subject and audience, letter for letter",
      remedy:
        "compare with `az identity federated-credential list` (or `az ad app federated-credential list`), and add or correct it",
    };
  }
  return {
    expected: `a Microsoft Entra token for ${scope}`,
    remedy: /not a JSON web token|a token of \d+ bytes/.test(message)
      ? "look at what answers in place of Microsoft Entra: a proxy, or a metadata service that is none"
      : /ARM_USE_OIDC is set/.test(message)
        ? "give the job `permissions: id-token: write` (GitHub), or run it by delivery/federatedToken (Azure DevOps)"
        : "log in with `az login`, or set ARM_TENANT_ID, ARM_CLIENT_ID and one of ARM_USE_OIDC, ARM_CLIENT_SECRET",
  };
}
