import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { Directory, Principal } from "../../../sandbox/entra/directory.ts";
import type { TokenIssuer } from "../../../sandbox/entra/tokenIssuer.ts";
import { checkResource, TokenRequestError } from "../../../sandbox/entra/tokenRequest.ts";
import { stopListening } from "../../../sandbox/loopback.ts";
import type { CertificateAuthority } from "../../../sandbox/postgres/certificates.ts";
import { authenticate, type ClientCredentials } from "./clientAuthentication.ts";

/** Options of {@link TokenEndpoint.start}. */
export interface TokenEndpointOptions {
  directory: Directory;
  issuer: TokenIssuer;
  authority: CertificateAuthority;
  /** How each application may prove that it is itself, by client id; asked at each request. */
  credentials: (clientId: string) => ClientCredentials;
  /** Milliseconds since the epoch, used to check the validity of assertions. @default the machine's clock */
  now?: () => number;
  /** Seconds that a token lives. @default 3600 */
  tokenLifetimeSeconds?: number;
}

/**
 * Where Microsoft Entra gives an application a token for itself (the OAuth 2.0 client credentials grant), over TLS that the sandbox's
 * authority vouches for. A client is led here by AZURE_AUTHORITY_HOST, trusts the authority (NODE_EXTRA_CA_CERTS) and does without
 * instance discovery, which would ask the real Entra whether it knows this one (ARM_DISABLE_INSTANCE_DISCOVERY).
 */
export class TokenEndpoint {
  /** The value for `AZURE_AUTHORITY_HOST`. */
  readonly url: string;
  /** Called after each token. */
  onToken: (() => void) | undefined;
  /** What was refused, oldest first, by its description. */
  readonly refusals: string[] = [];
  readonly #options: TokenEndpointOptions;
  readonly #server: Server;

  private constructor(options: TokenEndpointOptions, server: Server) {
    this.#options = options;
    this.#server = server;
    this.url = `https://localhost:${(server.address() as AddressInfo).port}`;
    server.on("request", (request, response) => void this.#answer(request, response));
  }

  /** Starts to listen on a free port of loopback. */
  static async start(options: TokenEndpointOptions): Promise<TokenEndpoint> {
    const { certPem, keyPem } = await options.authority.issue({ dns: ["localhost"], ip: ["127.0.0.1"] });
    const server = createServer({ cert: certPem, key: keyPem, minVersion: "TLSv1.2", requestTimeout: 10_000 });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new TokenEndpoint(options, server);
  }

  /** Stops listening and ends open connections. */
  async close(): Promise<void> {
    await stopListening(this.#server);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const body = await text(request);
      const { pathname } = new URL(request.url ?? "/", this.url);
      const [, tenant = "", ...rest] = pathname.split("/");
      const path = rest.join("/");
      if (request.method === "GET" && path === "v2.0/.well-known/openid-configuration") {
        send(response, 200, this.#configuration(this.#tenant(tenant)));
      } else if (request.method === "POST" && path === "oauth2/v2.0/token") {
        send(response, 200, await this.#token(this.#tenant(tenant), new URLSearchParams(body)));
        this.onToken?.();
      } else {
        throw new TokenRequestError(404, "not_found", `The sandbox's token endpoint has no ${pathname}.`);
      }
    } catch (error) {
      const refusal = error instanceof TokenRequestError ? error : undefined;
      this.refusals.push((error as Error).message);
      send(response, refusal?.status ?? 500, refusal ? describe(refusal) : { error: "server_error" });
    }
  }

  #tenant(tenant: string): string {
    if (tenant.toLowerCase() !== this.#options.directory.tenantId) {
      throw new TokenRequestError(400, "invalid_request", `AADSTS90002: Tenant '${tenant}' not found.`);
    }
    return tenant;
  }

  #configuration(tenant: string): Record<string, unknown> {
    const base = `${this.url}/${tenant}`;
    return {
      token_endpoint: `${base}/oauth2/v2.0/token`,
      authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
      jwks_uri: `${base}/discovery/v2.0/keys`,
      issuer: `${base}/v2.0`,
    };
  }

  async #token(tenant: string, form: URLSearchParams): Promise<Record<string, unknown>> {
    const { directory, issuer, credentials, now = Date.now, tokenLifetimeSeconds = 3600 } = this.#options;
    if (form.get("grant_type") !== "client_credentials") {
      throw new TokenRequestError(
        400,
        "unsupported_grant_type",
        `AADSTS70003: The app requested an unsupported grant type '${form.get("grant_type") ?? ""}'.`,
      );
    }
    const client = this.#client(form.get("client_id") ?? "", directory);
    const clientId = client.clientId ?? "";
    const endpoint = `${this.url}/${tenant}/oauth2/v2.0/token`;
    await authenticate(form, credentials(clientId), { clientId, endpoint, now: now() });
    const resource = resourceOf(form.get("scope") ?? "", directory.tenantId);
    const { accessToken } = await issuer.issue(client, resource, tokenLifetimeSeconds);
    const lifetime = { expires_in: tokenLifetimeSeconds, ext_expires_in: tokenLifetimeSeconds };
    return { token_type: "Bearer", ...lifetime, access_token: accessToken };
  }

  #client(clientId: string, directory: Directory): Principal {
    const client = directory.byClientId(clientId);
    if (!client) {
      throw new TokenRequestError(
        400,
        "unauthorized_client",
        `AADSTS700016: Application with identifier '${clientId}' was not found in the directory '${directory.tenantId}'.`,
      );
    }
    return client;
  }
}

function resourceOf(scope: string, tenantId: string): string {
  const [first = ""] = scope.split(" ");
  if (!first.endsWith("/.default")) {
    throw new TokenRequestError(
      400,
      "invalid_scope",
      `AADSTS1002012: The provided value for scope ${scope} is not valid. Client credential flows must have a scope value with ` +
        "/.default suffixed to the resource identifier (application ID URI).",
    );
  }
  return checkResource(new URLSearchParams({ resource: first.slice(0, -"/.default".length) }), tenantId);
}

function describe({ body }: TokenRequestError): Record<string, unknown> {
  const [traceId, correlationId] = [randomUUID(), randomUUID()];
  const timestamp = `${new Date().toISOString().slice(0, 19).replace("T", " ")}Z`;
  const code = /^AADSTS(\d+)/.exec(body.error_description)?.[1];
  return {
    error: body.error,
    error_description: `${body.error_description} Trace ID: ${traceId} Correlation ID: ${correlationId} Timestamp: ${timestamp}`,
    error_codes: code ? [Number(code)] : [],
    timestamp,
    trace_id: traceId,
    correlation_id: correlationId,
  };
}

function send(response: ServerResponse, status: number, body: Record<string, unknown>): void {
  response.writeHead(status, { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" });
  response.end(JSON.stringify(body));
}
