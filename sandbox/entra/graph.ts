import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createLocalJWKSet, jwtVerify } from "jose";
import { listenOnLoopback, stopListening } from "../loopback.ts";
import type { Directory } from "./directory.ts";
import type { TokenIssuer } from "./tokenIssuer.ts";
import { GRAPH_RESOURCE } from "./tokenRequest.ts";

/** Types of Microsoft Graph by those of the directory. */
const TYPES = { user: "user", group: "group", service: "servicePrincipal" } as const;

const OBJECT = /^\/v1\.0\/directoryObjects\/([^/?]+)$/;

/**
 * Microsoft Graph, as far as programs ask it who has an object id.
 *
 * Source: Microsoft Learn, Microsoft Graph v1.0, "Get directoryObject" and "Microsoft Graph error responses".
 */
export class Graph {
  /** Base address: the value for `MSGRAPH_ENDPOINT`. */
  readonly url: string;
  /** Whether logins may not read the directory, as those of pipelines usually may not. */
  forbidden = false;
  readonly #directory: Directory;
  readonly #issuer: TokenIssuer;
  readonly #server: Server;

  private constructor(directory: Directory, issuer: TokenIssuer, server: Server, port: number) {
    this.#directory = directory;
    this.#issuer = issuer;
    this.#server = server;
    this.url = `http://127.0.0.1:${port}/`;
    server.on("request", (request, response) => void this.#answer(request, response));
  }

  /** Starts to listen on loopback, on any free port. */
  static async start(directory: Directory, issuer: TokenIssuer): Promise<Graph> {
    const server = createServer({ requestTimeout: 10_000, maxHeaderSize: 65_536 });
    const port = await listenOnLoopback(server, 0);
    return new Graph(directory, issuer, server, port);
  }

  async close(): Promise<void> {
    await stopListening(this.#server);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    request.resume();
    const id = OBJECT.exec(request.url ?? "")?.[1];
    const found = id === undefined ? undefined : this.#directory.get(id);
    if (!(await this.#knows(request))) refuse(response, 401, "InvalidAuthenticationToken");
    else if (this.forbidden) refuse(response, 403, "Authorization_RequestDenied");
    else if (!found) refuse(response, 404, "Request_ResourceNotFound");
    else {
      const { objectId, displayName, userPrincipalName, type } = found;
      send(response, 200, {
        "@odata.type": `#microsoft.graph.${TYPES[type]}`,
        id: objectId,
        displayName,
        ...(userPrincipalName ? { userPrincipalName } : {}),
      });
    }
  }

  async #knows({ headers }: IncomingMessage): Promise<boolean> {
    const [scheme, token] = (headers.authorization ?? "").split(" ");
    if (scheme !== "Bearer" || !token) return false;
    const { issuer, jwks } = this.#issuer;
    const audience = [GRAPH_RESOURCE, `${GRAPH_RESOURCE}/`];
    return await jwtVerify(token, createLocalJWKSet(jwks), { algorithms: ["RS256"], issuer, audience }).then(
      () => true,
      () => false,
    );
  }
}

function refuse(response: ServerResponse, status: number, code: string): void {
  send(response, status, { error: { code, message: "The sandbox's Microsoft Graph refuses the request." } });
}

function send(response: ServerResponse, status: number, body: Record<string, unknown>): void {
  response.writeHead(status, { "content-type": "application/json; charset=utf-8" });
  response.end(JSON.stringify(body));
}
