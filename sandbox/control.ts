import { randomBytes, timingSafeEqual } from "node:crypto";
import { once } from "node:events";
import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { UserError } from "entra-postgres/errors";
import { listenOnLoopback, stopListening } from "./loopback.ts";
import type { Running } from "./running.ts";

/** The servers and virtual machines of a running sandbox. */
export interface Status {
  /** The virtual machines, with their metadata endpoints. */
  virtualMachines: { name: string; imdsUrl: string }[];
  /** The names of the database servers. */
  servers: string[];
}

/**
 * Answers other commands of the same user while the sandbox is up. Listens on loopback and requires a secret that only the owner of
 * `.sandbox` can read.
 */
export class Control {
  readonly url: string;
  readonly secret: string;
  readonly #server: Server;
  readonly #attached = new Set<ServerResponse>();

  private constructor(server: Server, secret: string, port: number) {
    this.#server = server;
    this.secret = secret;
    this.url = `http://127.0.0.1:${port}`;
  }

  /** Starts to listen on a free port. */
  static async start(status: () => Status): Promise<Control> {
    const secret = randomBytes(24).toString("base64url");
    const server = createServer((request, response) => control.#answer(request, response, status));
    const control = new Control(server, secret, await listenOnLoopback(server, 0));
    return control;
  }

  /** Number of commands that use this sandbox from other processes. */
  get attached(): number {
    return this.#attached.size;
  }

  /** Resolves when no command uses this sandbox any more. */
  async unused(): Promise<void> {
    for (const response of this.#attached) await once(response, "close");
  }

  /** Closes all connections, by which attached commands learn that the sandbox has ended. */
  async close(): Promise<void> {
    await stopListening(this.#server);
  }

  #answer(request: IncomingMessage, response: ServerResponse, status: () => Status): void {
    const given = Buffer.from(request.headers.authorization ?? "");
    const wanted = Buffer.from(`Bearer ${this.secret}`);
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
      response.writeHead(401).end();
    } else if (request.method === "GET" && request.url === "/status") {
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(status()));
    } else if (request.method === "GET" && request.url === "/attach") {
      // Stays open until one of the two processes ends.
      response.writeHead(200).flushHeaders();
      this.#attached.add(response);
      response.on("close", () => this.#attached.delete(response));
    } else {
      response.writeHead(404).end();
    }
  }
}

/** Asks a running sandbox for its servers and virtual machines. */
export async function askStatus(running: Running): Promise<Status> {
  const response = await fetch(`${running.controlUrl}/status`, { headers: authorization(running) });
  if (!response.ok) throw refused(running, response.status);
  return (await response.json()) as Status;
}

/** Keeps a running sandbox up until `detach`. @returns `detach`, and a signal that the sandbox has ended */
export async function attach(running: Running): Promise<{ detach: () => void; gone: AbortSignal }> {
  const gone = new AbortController();
  const request = get(`${running.controlUrl}/attach`, { headers: authorization(running) });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  if (response.statusCode !== 200) throw refused(running, response.statusCode);
  let detached = false;
  request.on("error", () => {});
  response.on("error", () => {});
  response.on("close", () => detached || gone.abort());
  response.resume();
  const detach = () => {
    detached = true;
    request.destroy();
  };
  return { detach, gone: gone.signal };
}

function refused({ process: { pid } }: Running, status: number | undefined): UserError {
  const found = `status ${status} from process ${pid}`;
  return new UserError({ code: "EP-CLI-10", step: "asking the running sandbox", expected: "status 200", found });
}

function authorization(running: Running): Record<string, string> {
  return { authorization: `Bearer ${running.controlSecret}` };
}
