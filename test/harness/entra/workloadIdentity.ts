import { randomBytes, randomUUID, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, type JSONWebKeySet, SignJWT } from "jose";
import { type ImdsFault, misbehave } from "../../../sandbox/entra/imds.ts";
import { stopListening } from "../../../sandbox/loopback.ts";

/** Options of {@link WorkloadIdentity.start}. */
export interface WorkloadIdentityOptions {
  /** Who the job is. @default a job of an environment on GitHub */
  subject?: string;
  /** Seconds that an assertion lives. @default 600 */
  lifetimeSeconds?: number;
  /** Milliseconds since the epoch; a test lets time pass by it. @default the machine's clock */
  now?: () => number;
  /** Port to listen on. @default 0, any free one */
  port?: number;
}

/** Id of the one service connection that the endpoint knows in Azure DevOps' form. */
export const SERVICE_CONNECTION_ID = "5e7c0000-0000-4000-8000-000000000001";

/**
 * The OpenID Connect provider of CI jobs: it gives the holder of a job's bearer token an OIDC token for the job. Answers
 * GitHub's form and Azure DevOps', on loopback.
 */
export class WorkloadIdentity {
  readonly issuer = "https://token.actions.githubusercontent.com";
  readonly subject: string;
  /** The public keys that check the assertions. */
  readonly jwks: JSONWebKeySet;
  /** What GitHub gives a job that may ask: secrets. */
  readonly githubVariables: Record<string, string>;
  /** What Azure DevOps gives a job. */
  readonly azureDevOpsVariables: Record<string, string>;
  /** Every assertion that was given out. */
  readonly assertions: string[] = [];
  /** Asked at each request, with its number from 1. A test makes the service misbehave by it. */
  fault: ((request: number) => ImdsFault | undefined) | undefined;
  /** How many requests came. */
  requests = 0;

  readonly #options: WorkloadIdentityOptions;
  readonly #server: Server;
  readonly #key: CryptoKey;
  readonly #bearer = randomBytes(24).toString("base64url");

  private constructor(options: WorkloadIdentityOptions, server: Server, key: CryptoKey, jwks: JSONWebKeySet) {
    this.#options = options;
    this.#server = server;
    this.#key = key;
    this.jwks = jwks;
    this.subject = options.subject ?? "repo:example/shop:environment:dev";
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.githubVariables = {
      // As GitHub's, it has a query already.
      ACTIONS_ID_TOKEN_REQUEST_URL: `${base}/idtoken?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: this.#bearer,
    };
    this.azureDevOpsVariables = {
      SYSTEM_OIDCREQUESTURI: `${base}/oidctoken`,
      SYSTEM_ACCESSTOKEN: this.#bearer,
      ARM_OIDC_AZURE_SERVICE_CONNECTION_ID: SERVICE_CONNECTION_ID,
    };
    server.on("request", (request, response) => void this.#answer(request, response));
  }

  /** Makes a key and starts to listen. */
  static async start(options: WorkloadIdentityOptions = {}): Promise<WorkloadIdentity> {
    const { privateKey, publicKey } = await generateKeyPair("RS256");
    const jwk = await exportJWK(publicKey);
    const kid = await calculateJwkThumbprint(jwk);
    const server = createServer({ requestTimeout: 10_000 });
    server.listen(options.port ?? 0, "127.0.0.1");
    await once(server, "listening");
    return new WorkloadIdentity(options, server, privateKey, { keys: [{ ...jwk, kid, use: "sig", alg: "RS256" }] });
  }

  /**
   * An assertion, as the endpoint gives it.
   * @param overrides claims that replace the usual ones
   */
  async assertion(audience: string, overrides: Record<string, unknown> = {}): Promise<string> {
    const now = Math.floor((this.#options.now ?? Date.now)() / 1000);
    const claims = {
      jti: randomUUID(),
      iss: this.issuer,
      sub: this.subject,
      aud: audience,
      iat: now,
      nbf: now - 300,
      exp: now + (this.#options.lifetimeSeconds ?? 600),
      ...overrides,
    };
    const assertion = await new SignJWT(claims)
      .setProtectedHeader({ typ: "JWT", alg: "RS256", kid: this.jwks.keys[0]?.kid ?? "" })
      .sign(this.#key);
    this.assertions.push(assertion);
    return assertion;
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
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    if (!this.#knows(request.headers.authorization ?? "")) {
      response.writeHead(401).end();
    } else if (request.method === "GET" && url.pathname === "/idtoken") {
      // Without an audience GitHub's is the repository's owner.
      send(response, { value: await this.assertion(url.searchParams.get("audience") || "https://github.com/example") });
    } else if (request.method === "POST" && url.pathname === "/oidctoken") {
      if (
        url.searchParams.get("serviceConnectionId") !== SERVICE_CONNECTION_ID ||
        !url.searchParams.get("api-version")
      ) {
        response.writeHead(404).end();
        return;
      }
      send(response, { oidcToken: await this.assertion("api://AzureADTokenExchange") });
    } else {
      response.writeHead(404).end();
    }
  }

  #knows(authorization: string): boolean {
    const given = Buffer.from(authorization.replace(/^bearer /i, ""));
    const wanted = Buffer.from(this.#bearer);
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  }
}

function send(response: ServerResponse, body: Record<string, unknown>): void {
  response.writeHead(200, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(JSON.stringify(body));
}
