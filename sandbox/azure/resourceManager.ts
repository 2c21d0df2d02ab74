import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { createLocalJWKSet, errors, jwtVerify } from "jose";
import { type AzureBehaviour, GENTLE } from "../behaviour.ts";
import type { TokenIssuer } from "../entra/tokenIssuer.ts";
import { MANAGEMENT_RESOURCE } from "../entra/tokenRequest.ts";
import { stopListening } from "../loopback.ts";
import { type ArmRequest, answerArmRequest } from "./armRequests.ts";
import type { AzureNativeEmulator } from "./azureNative/emulator.ts";
import { ArmError, armError } from "./azureNative/engine/armError.ts";
import type { ArmResource } from "./azureNative/engine/resourceStore.ts";
import { FIREWALL_RULE } from "./azureNative/resourceTypes.ts";
import { LongOperations } from "./longOperations.ts";
import { Subscription } from "./subscription.ts";

/** Options of {@link ResourceManager.start}. */
export interface ResourceManagerOptions {
  issuer: TokenIssuer;
  /** How Azure behaves where that is not known. @default gentle */
  behaviour?: Pick<AzureBehaviour, "longOperations" | "throttleEvery">;
  /** A resource's id and properties, as Pulumi shows them; undefined for one that does not exist. Ids do not differ by case. */
  find: (id: string) => Record<string, unknown> | undefined;
  /** The firewall rules of a server, in the same form. @default none */
  firewallRules?: (serverId: string) => Record<string, unknown>[];
  /** Every resource of a type, such as `flexibleServers`, in the same form. @default none */
  list?: (type: string) => Record<string, unknown>[];
  /** Answers other requests, in the same form; undefined for one that it does not know. @default none */
  answer?: (request: ArmRequest) => Promise<Record<string, unknown> | Record<string, unknown>[] | undefined>;
}

/** An id of a flexible server, and the list of its firewall's rules: subscription, resource group, name, list. */
const SERVER =
  /^(\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/Microsoft\.DBforPostgreSQL\/flexibleServers\/([^/]+))(\/firewallRules)?$/i;

/**
 * Fields of a resource at the top level; all others are in `properties`.
 * Source: azure-rest-api-specs, common-types/resource-management, TrackedResource; postgresql 2025-08-01, Server.
 */
const ENVELOPE = ["id", "name", "type", "location", "tags", "sku", "identity", "systemData"];

/** Seconds after which a client asks again. */
const RETRY_AFTER = 1;

/** A refusal that a test sets. */
export interface Refusal {
  status: number;
  code: string;
  /** Seconds for the header Retry-After. @default no such header */
  retryAfter?: number;
  /** How often. @default until a test removes it */
  times?: number;
}

/**
 * Azure Resource Manager over HTTP: programs ask it whether a server still exists and which addresses can reach it, and change what other
 * programs have made. The stack's own resources are managed through the azure-native emulator.
 */
export class ResourceManager {
  /** Base address: the value for `ARM_ENDPOINT`. */
  readonly url: string;
  /** When set, the answer to every request. */
  refusal: Refusal | undefined;
  /** What it says of the subscription before anything is in it. A test changes the facts. */
  readonly subscription: Subscription;
  /** Rules on one page of a list. @default all */
  pageSize = Number.POSITIVE_INFINITY;
  readonly #options: ResourceManagerOptions;
  readonly #behaviour: NonNullable<ResourceManagerOptions["behaviour"]>;
  readonly #operations = new LongOperations();
  readonly #server: Server;
  #requests = 0;

  private constructor(options: ResourceManagerOptions, server: Server) {
    this.#options = options;
    this.#behaviour = options.behaviour ?? GENTLE;
    const list = (type: string) => (options.list?.(type) ?? []).map(inAzuresForm);
    this.subscription = new Subscription(options.issuer.tenantId, { find: options.find, list });
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
    await stopListening(this.#server);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const body = await json(request).catch(() => ({}));
      const answer = await this.#resource(request, response, body as Record<string, unknown>);
      send(response, response.statusCode, answer);
    } catch (error) {
      const { status, code, text } =
        error instanceof ArmError ? error : new ArmError(500, "InternalServerError", "The sandbox failed.");
      send(response, status, { error: { code, message: text } });
    }
  }

  async #resource(
    request: IncomingMessage,
    response: ServerResponse,
    body: Record<string, unknown>,
  ): Promise<Record<string, unknown>> {
    await this.#authorize(request);
    const { pathname, searchParams } = new URL(request.url ?? "/", this.url);
    const { method = "GET" } = request;
    if (!/^\d{4}-\d{2}-\d{2}(-preview)?$/.test(searchParams.get("api-version") ?? "")) {
      throw armError("MissingApiVersionParameter");
    }
    this.#refuse(response);
    this.#throttle(response);
    const path = decodeURIComponent(pathname);
    const operation = this.#operations.state(path);
    if (operation) {
      if (operation.status === "InProgress") response.setHeader("retry-after", RETRY_AFTER);
      return { ...operation };
    }
    const fact = this.subscription.answer({ method, path, body });
    if (fact) return fact;
    const [, id, subscription, group, name, list] = method === "GET" ? (SERVER.exec(path) ?? []) : [];
    if (!id) {
      const expand = searchParams.get("$expand");
      const answering = this.#options.answer?.({ method, path, body, ...(expand === null ? {} : { expand }) });
      if (answering && method !== "GET" && this.#behaviour.longOperations === "accepted")
        return await this.#accept(path, answering, response);
      const answer = await answering;
      if (answer === undefined && method !== "GET") throw armError("MethodNotAllowed", { method });
      if (answer === undefined) throw armError("NotEmulated");
      return Array.isArray(answer) ? this.#page(answer, request) : inAzuresForm(answer);
    }
    const found = this.#options.find(id);
    if (found) {
      return list ? this.#page(this.#options.firewallRules?.(id) ?? [], request) : inAzuresForm(found);
    }
    if (!this.#options.find(`/subscriptions/${subscription}/resourceGroups/${group}`)) {
      throw armError("ResourceGroupNotFound", { group });
    }
    throw armError("ServerNotFound", { name, group });
  }

  /** A page of a list, and where the next one is. */
  #page(all: Record<string, unknown>[], request: IncomingMessage): Record<string, unknown> {
    const next = new URL(request.url ?? "/", this.url);
    const start = Number(next.searchParams.get("$skiptoken") ?? 0);
    const end = start + this.pageSize;
    next.searchParams.set("$skiptoken", String(end));
    return { value: all.slice(start, end).map(inAzuresForm), ...(end < all.length ? { nextLink: next.href } : {}) };
  }

  /** Answers a change before it is done. */
  async #accept(path: string, change: Promise<unknown>, response: ServerResponse): Promise<Record<string, unknown>> {
    const operation = new URL(await this.#operations.begin(path, change), this.url);
    operation.searchParams.set("api-version", "2024-08-01");
    response.statusCode = 202;
    response.setHeader("azure-asyncoperation", operation.href);
    response.setHeader("retry-after", RETRY_AFTER);
    return {};
  }

  #throttle(response: ServerResponse): void {
    this.#requests += 1;
    if (this.#behaviour.throttleEvery === 0 || this.#requests % this.#behaviour.throttleEvery !== 0) return;
    response.setHeader("retry-after", RETRY_AFTER);
    throw armError("TooManyRequests");
  }

  #refuse(response: ServerResponse): void {
    const { refusal } = this;
    if (!refusal) return;
    if (refusal.times !== undefined && --refusal.times <= 0) this.refusal = undefined;
    if (refusal.retryAfter !== undefined) response.setHeader("retry-after", refusal.retryAfter);
    throw new ArmError(refusal.status, refusal.code, "Refused for a test.");
  }

  async #authorize({ headers }: IncomingMessage): Promise<void> {
    const [scheme, token] = (headers.authorization ?? "").split(" ");
    if (scheme !== "Bearer" || !token) throw armError("AuthenticationFailed");
    try {
      await jwtVerify(token, createLocalJWKSet(this.#options.issuer.jwks), {
        algorithms: ["RS256"],
        issuer: this.#options.issuer.issuer,
        audience: [MANAGEMENT_RESOURCE, `${MANAGEMENT_RESOURCE}/`],
      });
    } catch (error) {
      if (error instanceof errors.JWTClaimValidationFailed && error.claim === "aud") {
        throw armError("InvalidAuthenticationTokenAudience", { audience: MANAGEMENT_RESOURCE });
      }
      if (error instanceof errors.JWTExpired) throw armError("ExpiredAuthenticationToken");
      if (error instanceof errors.JWTClaimValidationFailed && error.claim === "iss") {
        throw armError("InvalidAuthenticationTokenTenant");
      }
      throw armError("InvalidAuthenticationToken");
    }
  }
}

/** Finds what the azure-native emulator has. */
export function inEmulator(azure: AzureNativeEmulator): Required<Omit<ResourceManagerOptions, "issuer" | "behaviour">> {
  const shown = ({ id, state }: ArmResource) => ({ ...state, id });
  return {
    list: (type) =>
      azure
        .resources()
        .filter(({ id }) => id.split("/").at(-2)?.toLowerCase() === type.toLowerCase())
        .map(shown),
    answer: (request) => answerArmRequest(azure, request),
    find: (id) => {
      const found = azure.resource(id);
      return found && shown(found);
    },
    firewallRules: (serverId) => {
      const inside = `${serverId}/`.toLowerCase();
      return azure
        .resources()
        .filter(({ id, token }) => token === FIREWALL_RULE.token && id.toLowerCase().startsWith(inside))
        .map(shown);
    },
  };
}

function inAzuresForm(resource: Record<string, unknown>): Record<string, unknown> {
  const { azureApiVersion: _, ...all } = resource;
  const part = (inEnvelope: boolean) =>
    Object.fromEntries(Object.entries(all).filter(([name]) => ENVELOPE.includes(name) === inEnvelope));
  return { ...part(true), properties: part(false) };
}

function send(response: ServerResponse, status: number, body: Record<string, unknown>): void {
  response.writeHead(status, { "content-type": "application/json; charset=utf-8" });
  response.end(JSON.stringify(body));
}
