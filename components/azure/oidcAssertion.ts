import { readFile } from "node:fs/promises";
import { githubEndpoint, requestAssertion } from "./assertionEndpoint.ts";

/**
 * Which setting the OIDC token comes from, in azure-native's order. A token in a variable expires within minutes; another process may keep a
 * file fresh; only the endpoint returns a new token each time.
 */
export type AssertionSource = "ARM_OIDC_TOKEN" | "ARM_OIDC_TOKEN_FILE_PATH" | "endpoint" | "none";

/** Where the OIDC token comes from. */
export function assertionSource(env: NodeJS.ProcessEnv): AssertionSource {
  if (env.ARM_OIDC_TOKEN) return "ARM_OIDC_TOKEN";
  if (env.ARM_OIDC_TOKEN_FILE_PATH) return "ARM_OIDC_TOKEN_FILE_PATH";
  return githubEndpoint(env) ? "endpoint" : "none";
}

/**
 * The job's OIDC token, requested each time where possible: one from the start of the job has expired by the time a server is created.
 *
 * @throws {Error} when no source is set.
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

/** The message when ARM_USE_OIDC is set without a source. The error table recognises it. */
export const NO_ASSERTION =
  "ARM_USE_OIDC is set, and none of ARM_OIDC_TOKEN, ARM_OIDC_TOKEN_FILE_PATH, ACTIONS_ID_TOKEN_REQUEST_URL with ACTIONS_ID_TOKEN_REQUEST_TOKEN";
