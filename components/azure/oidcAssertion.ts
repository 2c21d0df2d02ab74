import { readFile } from "node:fs/promises";
import { githubEndpoint, requestAssertion } from "./assertionEndpoint.ts";

/**
 * Which setting the assertion comes from, in azure-native's order. An assertion that was given once dies in minutes; a file may be
 * kept fresh by others; only the endpoint gives a new one each time.
 */
export type AssertionSource = "ARM_OIDC_TOKEN" | "ARM_OIDC_TOKEN_FILE_PATH" | "endpoint" | "none";

/** Where the assertion would come from. */
export function assertionSource(env: NodeJS.ProcessEnv): AssertionSource {
  if (env.ARM_OIDC_TOKEN) return "ARM_OIDC_TOKEN";
  if (env.ARM_OIDC_TOKEN_FILE_PATH) return "ARM_OIDC_TOKEN_FILE_PATH";
  return githubEndpoint(env) ? "endpoint" : "none";
}

/**
 * The assertion of who this job is, asked for anew each time where that can be: one that was taken when the job began is dead by the
 * time a server is made.
 *
 * @throws {Error} when there is none.
 */
export async function oidcAssertion(env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<string> {
  if (env.ARM_OIDC_TOKEN) {
    return env.ARM_OIDC_TOKEN;
  }
  if (env.ARM_OIDC_TOKEN_FILE_PATH) {
    // azure-native reads it once, when it starts.
    return (await readFile(env.ARM_OIDC_TOKEN_FILE_PATH, "utf8")).trim();
  }
  const endpoint = githubEndpoint(env);
  if (!endpoint) {
    throw new Error(NO_ASSERTION);
  }
  return await requestAssertion(endpoint, signal);
}

/** What is said when ARM_USE_OIDC is set and nothing gives an assertion. */
export const NO_ASSERTION =
  "ARM_USE_OIDC is set, and none of ARM_OIDC_TOKEN, ARM_OIDC_TOKEN_FILE_PATH, ACTIONS_ID_TOKEN_REQUEST_URL with ACTIONS_ID_TOKEN_REQUEST_TOKEN";
