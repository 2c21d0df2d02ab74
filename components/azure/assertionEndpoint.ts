import { type HttpResponse, sendRequest } from "./httpRequest.ts";

/** Where a CI job requests its OIDC token, which Microsoft Entra accepts in place of a secret (a client assertion). */
export interface AssertionEndpoint {
  /** How errors name it. */
  name: string;
  request: { url: URL; method: "GET" | "POST"; bearer: string };
  /** The OIDC token in the parsed response. */
  pick: (answer: Record<string, unknown>) => unknown;
}

/** Audience of an OIDC token for Microsoft Entra. */
export const ENTRA_AUDIENCE = "api://AzureADTokenExchange";

/** Seconds for one request. */
const TIMEOUT = 20;

/** GitHub's endpoint, which a job with the permission `id-token: write` has. */
export function githubEndpoint(env: NodeJS.ProcessEnv): AssertionEndpoint | undefined {
  for (const [urlVariable, bearerVariable] of [
    ["ARM_OIDC_REQUEST_URL", "ARM_OIDC_REQUEST_TOKEN"],
    ["ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"],
  ] as const) {
    const bearer = env[bearerVariable];
    if (env[urlVariable] && bearer) {
      const url = addressIn(urlVariable, env[urlVariable]);
      url.searchParams.set("audience", env.ARM_OIDC_AUDIENCE || ENTRA_AUDIENCE);
      return { name: urlVariable, request: { url, method: "GET", bearer }, pick: ({ value }) => value };
    }
  }
  return undefined;
}

/** Names of the variable that holds the id of an Azure DevOps service connection: azurerm's, azapi's, the task AzureCLI@2's own. */
export const SERVICE_CONNECTION = [
  "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID",
  "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID",
  "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID",
] as const;

/**
 * Azure DevOps' endpoint. Source: sdk/azidentity/azure_pipelines_credential.go of Azure/azure-sdk-for-go. The azure-native provider
 * does not know it.
 */
export function azureDevOpsEndpoint(env: NodeJS.ProcessEnv): AssertionEndpoint | undefined {
  const connection = SERVICE_CONNECTION.map((name) => env[name]).find((id) => id);
  const bearer = env.SYSTEM_ACCESSTOKEN;
  if (!env.SYSTEM_OIDCREQUESTURI || !bearer || !connection) {
    return undefined;
  }
  const url = addressIn("SYSTEM_OIDCREQUESTURI", env.SYSTEM_OIDCREQUESTURI);
  url.searchParams.set("api-version", "7.1");
  url.searchParams.set("serviceConnectionId", connection);
  return {
    name: "SYSTEM_OIDCREQUESTURI",
    request: { url, method: "POST", bearer },
    pick: ({ oidcToken }) => oidcToken,
  };
}

/**
 * Requests a new OIDC token.
 *
 * @param signal ends the wait for it.
 * @throws {Error} that describes the response and quotes nothing of it.
 */
export async function requestAssertion(endpoint: AssertionEndpoint, signal?: AbortSignal): Promise<string> {
  const { name, request, pick } = endpoint;
  const limit = AbortSignal.timeout(TIMEOUT * 1000);
  let answer: HttpResponse;
  try {
    answer = await sendRequest({
      url: request.url,
      method: request.method,
      headers: {
        Accept: "application/json",
        Authorization: `Bearer ${request.bearer}`,
        // Without it, Azure DevOps answers a bad login with its login page.
        ...(request.method === "POST"
          ? { "Content-Type": "application/json", "X-TFS-FedAuthRedirect": "Suppress" }
          : {}),
      },
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
  } catch (error) {
    throw new Error(`the OIDC endpoint of ${name} did not answer${reasonOf(error, limit.aborted)}`);
  }
  if (answer.status < 200 || answer.status > 299) {
    throw new Error(`the OIDC endpoint of ${name} answered ${answer.status}`);
  }
  const assertion = parsed(answer.text, pick);
  if (typeof assertion !== "string" || assertion.split(".").length !== 3) {
    throw new Error(`the response of the OIDC endpoint of ${name} holds no token`);
  }
  return assertion;
}

function parsed(body: string, pick: AssertionEndpoint["pick"]): unknown {
  try {
    return pick(JSON.parse(body));
  } catch {
    return undefined;
  }
}

function reasonOf(error: unknown, late: boolean): string {
  if (late) return " in time";
  const code = ((error as { code?: unknown }).code ?? "").toString();
  return code ? `: ${code}` : "";
}

/** @throws {Error} for one to which the bearer token would travel unprotected. */
function addressIn(variable: string, text: string): URL {
  const url = URL.parse(text);
  if (!url || (url.protocol !== "https:" && !["127.0.0.1", "localhost", "[::1]"].includes(url.hostname))) {
    throw new Error(`${variable} must begin with https://`);
  }
  return url;
}
