import { UserError } from "../errors/userError.ts";
import { Failure } from "../postgres/failure.ts";
import { deployerCloud } from "./cloud.ts";
import { accessToken } from "./credential.ts";
import { type HttpResponse, sendRequest } from "./httpRequest.ts";

/** Version of the resource provider Microsoft.DBforPostgreSQL that is asked. */
export const API_VERSION = "2024-08-01";

/** Seconds in which the resource manager has to answer; the wait for a token is not counted. */
const ANSWER_TIMEOUT = 30;

/** A response of Azure Resource Manager. */
export interface AzureAnswer {
  status: number;
  /** The JSON object; empty when the response was not one, such as a proxy's. */
  body: Record<string, unknown>;
  /** Azure's refusal, where it is one. */
  error?: { code: string; message: string };
  /** Seconds to wait before the next request. */
  retryAfter?: number;
  /** Where to ask for the end of an operation that goes on after the response. */
  operation?: string;
  /** Azure's clock, in milliseconds since the epoch. */
  date?: number;
}

/** A request that is not a plain GET. */
export interface AzureRequest {
  method: "DELETE" | "PATCH" | "POST" | "PUT";
  /** Sent as JSON. @default no body */
  body?: Readonly<Record<string, unknown>>;
}

/** The scope of a token for the resource manager of the deployment's cloud. */
export function resourceManagerScope(): string {
  return `${deployerCloud().resourceManager}/.default`;
}

/**
 * Sends a request to Azure Resource Manager as the deployer.
 *
 * @param path an ARM id, or what is below one, with its query; the host of a full address is ignored, so that the token goes nowhere else.
 * @param signal ends all of it.
 * @param request @default a GET
 * @throws {Failure} of phase `token` or `azure` without a response; a refusal is a response.
 * @throws {UserError} for an incomplete login, and where the token would travel unprotected.
 */
export async function askAzure(path: string, signal: AbortSignal, request?: AzureRequest): Promise<AzureAnswer> {
  return await askService({ endpoint: resourceManager(), scope: resourceManagerScope() }, path, signal, request);
}

/** A service of Azure, and the scope of its tokens. */
interface Service {
  endpoint: URL;
  scope: string;
}

/** {@link askAzure} of another service of Azure that answers in the same form. */
export async function askService(
  { endpoint, scope }: Service,
  path: string,
  signal: AbortSignal,
  request?: AzureRequest,
): Promise<AzureAnswer> {
  const { pathname, search } = new URL(path, endpoint);
  const url = new URL(endpoint);
  url.pathname = pathname;
  url.search = search;
  const token = await accessToken(scope, signal);
  const timeout = AbortSignal.timeout(ANSWER_TIMEOUT * 1000);
  try {
    const { method = "GET", body } = request ?? {};
    return understood(
      await sendRequest({
        url,
        method,
        headers: { Authorization: `Bearer ${token}`, ...(body ? { "Content-Type": "application/json" } : {}) },
        ...(body ? { body: JSON.stringify(body) } : {}),
        signal: AbortSignal.any([signal, timeout]),
      }),
    );
  } catch (error) {
    throw failed(error, signal.aborted || timeout.aborted);
  }
}

function understood({ status, text, header }: HttpResponse): AzureAnswer {
  const body = parsed(text);
  const { code, message } = (body.error ?? {}) as { code?: unknown; message?: unknown };
  const seconds = Number(header("retry-after") ?? Number.NaN);
  // Source: Azure/azure-resource-manager-rpc, v1.0/async-api-reference.md.
  const operation = header("azure-asyncoperation") ?? header("location");
  const date = Date.parse(header("date") ?? "");
  return {
    status,
    body,
    ...(typeof code === "string" ? { error: { code, message: String(message ?? "") } } : {}),
    ...(seconds >= 0 ? { retryAfter: seconds } : {}),
    ...(operation ? { operation } : {}),
    ...(Number.isNaN(date) ? {} : { date }),
  };
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function failed(error: unknown, late: boolean): Failure {
  return new Failure("azure", late ? Object.assign(new Error("no answer in time"), { code: "ETIMEDOUT" }) : error);
}

/**
 * Where the resource manager is: ARM_ENDPOINT, or that of the deployment's cloud. The token's audience is the cloud's in any case.
 *
 * @throws {UserError} for an endpoint to which the token would travel unprotected.
 */
function resourceManager(env: NodeJS.ProcessEnv = process.env): URL {
  return endpointIn("ARM_ENDPOINT", env, deployerCloud(env).resourceManager);
}

/**
 * The endpoint of a service: what the variable says, or the cloud's own.
 *
 * @throws {UserError} for an endpoint to which the token would travel unprotected.
 */
export function endpointIn(variable: string, env: NodeJS.ProcessEnv, cloudsOwn: string): URL {
  const address = env[variable] || cloudsOwn;
  const endpoint = URL.parse(address);
  const loopback = endpoint && ["127.0.0.1", "localhost", "[::1]"].includes(endpoint.hostname);
  if (endpoint?.protocol === "https:" || (endpoint?.protocol === "http:" && loopback)) {
    return endpoint;
  }
  throw new UserError({
    code: "EP-AZ-09",
    step: `finding the endpoint of ${variable}`,
    expected: `${variable} to begin with https://`,
    found: JSON.stringify(address),
    remedy: `correct ${variable}, or unset it for the cloud's own`,
  });
}
