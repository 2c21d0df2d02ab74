import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createLocalJWKSet, jwtVerify } from "jose";
import type { TokenIssuer } from "../entra/tokenIssuer.ts";
import { MANAGEMENT_RESOURCE } from "../entra/tokenRequest.ts";

/** Options of {@link ResourceManager.start}. */
export interface ResourceManagerOptions {
  issuer: TokenIssuer;
  /** What Azure answers about a resource; undefined for one that does not exist. Ids do not differ by case. */
  find: (id: string) => Record<string, unknown> | undefined;
}

/** An id of a flexible server: subscription, resource group, name. */
const SERVER =
  /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/Microsoft\.DBforPostgreSQL\/flexibleServers\/([^/]+)$/i;

/** Azure's refusal. */
class ArmRefusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/**
 * Azure Resource Manager's GET of a flexible server, over HTTP: what a program asks to learn whether a server still exists. The
 * resources themselves are managed through the azure-native stand-in.
 */
export class ResourceManager {
  /** Base address: the value for `ARM_ENDPOINT`. */
  readonly url: string;
  /** Answered in place of what is asked for, when set: how a test makes Azure refuse. */
  refusal: { status: number; code: string } | undefined;
  readonly #options: ResourceManagerOptions;
  readonly #server: Server;

  private constructor(options: ResourceManagerOptions, server: Server) {
    this.#options = options;
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    server.on("request", (request, response) => void this.#answer(request, response));
  }

  /** Starts to listen on loopback, on any free port. */
  static async start(options: ResourceManagerOptions): Promise<ResourceManager> {
    const server = createServer({ requestTimeout: 10_000, maxHeaderSize: 65_536 });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new ResourceManager(options, server);
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume();
    try {
      send(response, 200, await this.#resource(request));
    } catch (error) {
      const { status, code, message } =
        error instanceof ArmRefusal ? error : new ArmRefusal(500, "InternalServerError", "The sandbox failed.");
      send(response, status, { error: { code, message } });
    }
  }

  async #resource(request: IncomingMessage): Promise<Record<string, unknown>> {
    await this.#authorize(request);
    const { pathname, searchParams } = new URL(request.url ?? "/", this.url);
    if (request.method !== "GET") {
      throw new ArmRefusal(
        405,
        "MethodNotAllowed",
        `The sandbox's resource manager answers GET, not ${request.method}.`,
      );
    }
    if (!/^\d{4}-\d{2}-\d{2}(-preview)?$/.test(searchParams.get("api-version") ?? "")) {
      throw new ArmRefusal(
        400,
        "MissingApiVersionParameter",
        "The api-version query parameter (?api-version=) is required for all requests.",
      );
    }
    if (this.refusal) {
      throw new ArmRefusal(this.refusal.status, this.refusal.code, "Refused for a test.");
    }
    const [id, subscription, group, name] = SERVER.exec(decodeURIComponent(pathname)) ?? [];
    if (!id) {
      throw new ArmRefusal(400, "NotEmulated", "The sandbox's resource manager knows flexible servers only.");
    }
    const found = this.#options.find(id);
    if (found) {
      return found;
    }
    if (!this.#options.find(`/subscriptions/${subscription}/resourceGroups/${group}`)) {
      throw new ArmRefusal(404, "ResourceGroupNotFound", `Resource group '${group}' could not be found.`);
    }
    throw new ArmRefusal(
      404,
      "ResourceNotFound",
      `The Resource 'Microsoft.DBforPostgreSQL/flexibleServers/${name}' under resource group '${group}' was not found.`,
    );
  }

  async #authorize({ headers }: IncomingMessage): Promise<void> {
    const [scheme, token] = (headers.authorization ?? "").split(" ");
    if (scheme !== "Bearer" || !token) {
      throw new ArmRefusal(
        401,
        "AuthenticationFailed",
        "Authentication failed. The 'Authorization' header is missing.",
      );
    }
    try {
      await jwtVerify(token, createLocalJWKSet(this.#options.issuer.jwks), {
        algorithms: ["RS256"],
        issuer: this.#options.issuer.issuer,
        audience: [MANAGEMENT_RESOURCE, `${MANAGEMENT_RESOURCE}/`],
      });
    } catch {
      throw new ArmRefusal(401, "InvalidAuthenticationToken", "The access token is invalid.");
    }
  }
}

function send(response: ServerResponse, status: number, body: Record<string, unknown>): void {
  response.writeHead(status, { "content-type": "application/json; charset=utf-8" });
  response.end(JSON.stringify(body));
}
