import { randomUUID, timingSafeEqual } from "node:crypto";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { type AddressInfo, isIPv6 } from "node:net";
import { setTimeout } from "node:timers/promises";
import { listenOnLoopback, stopListening } from "../loopback.ts";
import type { Principal } from "./directory.ts";
import type { TokenIssuer } from "./tokenIssuer.ts";
import { checkResource, chooseIdentity, type ImdsIdentity, invalidRequest, TokenRequestError } from "./tokenRequest.ts";

/** Options of {@link Imds.start}. */
export interface ImdsOptions {
  issuer: TokenIssuer;
  /** The machine's identities at the time of a request. */
  identities: () => ImdsIdentity[];
  /** Address to listen on; loopback only. @default "127.0.0.1" */
  address?: string;
  /** Port to listen on. @default 0, any free one */
  port?: number;
  /** Seconds that a token lives. @default the issuer's */
  tokenLifetimeSeconds?: number;
}

/** A wrong answer to a request, a late one or none. */
export interface ImdsFault {
  /** Seconds before anything is answered. */
  delaySeconds?: number;
  /** The status of an answer without a token. */
  status?: number;
  headers?: Record<string, string>;
  body?: string;
  /** Resets the connection, or does not answer. */
  instead?: "reset" | "silence";
}

const TOKEN_PATH = "/metadata/identity/oauth2/token";
const APP_SERVICE_PATH = "/msi/token";

/** The API versions of each path. */
const VERSIONS: Readonly<Record<string, { first: string; last: string }>> = {
  [TOKEN_PATH]: { first: "2018-02-01", last: "2023-11-15" },
  [APP_SERVICE_PATH]: { first: "2019-08-01", last: "2019-08-01" },
};

/**
 * The instance metadata service of one machine: gives tokens of the machine's identities to every client that reaches it. Answers the
 * form of virtual machines and, for SDKs whose metadata address is fixed, the form of App Service.
 */
export class Imds {
  /** Base address: the value for `AZURE_POD_IDENTITY_AUTHORITY_HOST`. */
  readonly url: string;
  /** The value for `IDENTITY_ENDPOINT`. */
  readonly appServiceUrl: string;
  /** The value for `IDENTITY_HEADER`. */
  readonly appServiceHeader = randomUUID();

  /** Called at each request, with its number from 1: the fault of its answer, for a test. */
  fault: ((request: number) => ImdsFault | undefined) | undefined;
  /** The number of requests so far. */
  requests = 0;

  readonly #options: ImdsOptions;
  readonly #server: Server;

  private constructor(options: ImdsOptions, server: Server) {
    this.#options = options;
    this.#server = server;
    const { address, port } = server.address() as AddressInfo;
    this.url = `http://${isIPv6(address) ? `[${address}]` : address}:${port}`;
    this.appServiceUrl = this.url + APP_SERVICE_PATH;
    server.on("request", (request, response) => void this.#answer(request, response));
  }

  /** Starts to listen. @throws Error when the address is not loopback or the port is taken */
  static async start(options: ImdsOptions): Promise<Imds> {
    const server = createServer({ requestTimeout: 10_000, maxHeaderSize: 16_384 });
    await listenOnLoopback(server, options.port ?? 0, options.address);
    return new Imds(options, server);
  }

  /** Stops listening and ends open connections. */
  async close(): Promise<void> {
    await stopListening(this.#server);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume();
    this.requests += 1;
    const fault = this.fault?.(this.requests);
    if (fault && (await misbehave(fault, response))) return;
    try {
      send(response, 200, await this.#token(request));
    } catch (error) {
      if (error instanceof TokenRequestError) send(response, error.status, error.body);
      else send(response, 500, { error: "unknown", error_description: "The token could not be signed." });
    }
  }

  async #token({ url = "", method, headers }: IncomingMessage): Promise<Record<string, unknown>> {
    const [rawPath = "", query] = url.split(/\?(.*)/s);
    // Azure's Node SDK adds a slash at the end, its Java SDK doubles the one at the start.
    const path = rawPath.replace(/\/+/g, "/").replace(/(.)\/$/, "$1");
    const parameters = new URLSearchParams(query);
    const versions = Object.hasOwn(VERSIONS, path) && VERSIONS[path];
    if (!versions) throw new TokenRequestError(404, "not_found", `The sandbox's metadata service has no ${path}.`);
    if (method !== "GET") throw new TokenRequestError(405, "method_not_allowed", `${method} is not allowed; use GET.`);
    if (path === TOKEN_PATH) checkMetadataHeaders(headers);
    else this.#checkIdentityHeader(headers);
    checkVersion(parameters.get("api-version"), versions);
    const resource = checkResource(parameters, this.#options.issuer.tenantId);
    const { principal } = chooseIdentity(parameters, this.#options.identities());
    return await this.#issue(principal, resource, path === TOKEN_PATH);
  }

  async #issue(principal: Principal, resource: string, virtualMachine: boolean): Promise<Record<string, unknown>> {
    const { issuer, tokenLifetimeSeconds } = this.#options;
    const { accessToken, expiresOn } = await issuer.issue(principal, resource, tokenLifetimeSeconds);
    const now = Math.floor(Date.now() / 1000);
    const lifetime = expiresOn - Math.floor(issuer.now() / 1000);
    return {
      access_token: accessToken,
      client_id: principal.clientId,
      ...(virtualMachine ? { expires_in: String(lifetime), ext_expires_in: String(lifetime) } : {}),
      expires_on: String(now + lifetime),
      not_before: String(now),
      resource,
      token_type: "Bearer",
    };
  }

  #checkIdentityHeader(headers: IncomingHttpHeaders): void {
    const given = Buffer.from(String(headers["x-identity-header"] ?? ""));
    const expected = Buffer.from(this.appServiceHeader);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw new TokenRequestError(401, "unauthorized", "The header X-IDENTITY-HEADER must hold IDENTITY_HEADER.");
    }
  }
}

/** Answers with a fault. @returns whether the answer is complete */
export async function misbehave(fault: ImdsFault, response: ServerResponse): Promise<boolean> {
  if (fault.delaySeconds) await setTimeout(fault.delaySeconds * 1000, undefined, { ref: false });
  if (fault.instead === "reset") response.socket?.resetAndDestroy();
  else if (fault.status !== undefined) response.writeHead(fault.status, fault.headers).end(fault.body ?? "");
  return fault.instead !== undefined || fault.status !== undefined;
}

function checkMetadataHeaders(headers: IncomingHttpHeaders): void {
  if (String(headers.metadata ?? "").toLowerCase() !== "true")
    throw invalidRequest("Required metadata header not specified");
  // A proxy adds this header: Azure refuses it as a sign of a server-side request forgery.
  if (headers["x-forwarded-for"] !== undefined)
    throw invalidRequest("Requests with the header X-Forwarded-For are refused");
}

function checkVersion(version: string | null, { first, last }: { first: string; last: string }): void {
  if (!version) throw invalidRequest("Required query variable 'api-version' is missing");
  if (/^\d{4}-\d{2}-\d{2}$/.test(version) && version >= first && version <= last) return;
  const supported = first === last ? first : `${first} to ${last}`;
  throw invalidRequest(`api-version ${version} is not supported; use ${supported}`);
}

function send(response: ServerResponse, status: number, body: Record<string, unknown>): void {
  response.writeHead(status, { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" });
  response.end(JSON.stringify(body));
}
