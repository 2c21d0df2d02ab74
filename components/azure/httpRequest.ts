import {
  createDefaultHttpClient,
  createEmptyPipeline,
  createHttpHeaders,
  createPipelineRequest,
  type HttpMethods,
  proxyPolicy,
} from "@azure/core-rest-pipeline";

/** A request to an address of Azure or of a CI system, as the deployer. */
export interface HttpRequest {
  url: URL;
  method: HttpMethods;
  headers: Readonly<Record<string, string>>;
  body?: string;
  /** Ends it. */
  signal: AbortSignal;
}

/** The response to an {@link HttpRequest}. A redirect is one, too: it is not followed, so that the token goes nowhere else. */
export interface HttpResponse {
  status: number;
  /** A header of the response, in any case of letters. */
  header: (name: string) => string | undefined;
  text: string;
}

/**
 * Sends a request by the proxy of HTTPS_PROXY, HTTP_PROXY or ALL_PROXY, unless NO_PROXY names the host: by the Azure SDK's own rules, so that
 * it takes the way that the SDK's requests for tokens take. `fetch` of Node.js knows no proxy unless NODE_USE_ENV_PROXY is set at its start.
 *
 * @throws {Error} with Node.js's code when no response came
 */
export async function sendRequest({ url, method, headers, body, signal }: HttpRequest): Promise<HttpResponse> {
  // Made for each request, because it reads the environment when it is made.
  const pipeline = createEmptyPipeline();
  pipeline.addPolicy(proxyPolicy());
  const request = createPipelineRequest({
    url: url.href,
    method,
    headers: createHttpHeaders(headers),
    ...(body === undefined ? {} : { body }),
    abortSignal: signal,
    // The callers allow http:// for loopback only.
    allowInsecureConnection: url.protocol === "http:",
  });
  const answer = await pipeline.sendRequest(createDefaultHttpClient(), request);
  return { status: answer.status, header: (name) => answer.headers.get(name), text: answer.bodyAsText ?? "" };
}
