import { once } from "node:events";
import { createServer, type ListenOptions, type Server } from "node:net";
import { UserError } from "entra-postgres/errors";

/**
 * The number of ports to try, from the preferred one up. They are below 32768, where the ports begin that Linux assigns
 * (net.ipv4.ip_local_port_range).
 */
const ATTEMPTS = 1000;

/**
 * A port that no other sandbox on this machine takes before it is released. The reservation is a listening socket in Linux's abstract
 * namespace, named for the port: the kernel gives the name to one process at a time and frees it when that process ends, SIGKILL included.
 */
export class ReservedPort {
  readonly port: number;
  readonly #lock: Server;

  private constructor(port: number, lock: Server) {
    this.port = port;
    this.#lock = lock;
  }

  /**
   * Reserves the preferred port, or the next one above it that is free on 127.0.0.1 and ::1.
   * @throws Error when all of them are taken
   */
  static async take(preferred: number): Promise<ReservedPort> {
    for (let port = preferred; port < preferred + ATTEMPTS; port += 1) {
      const lock = await listen({ path: `\0entra-postgres-port-${port}` });
      if (!lock) continue;
      if ((await isFree(port, "127.0.0.1")) && (await isFree(port, "::1"))) return new ReservedPort(port, lock.unref());
      await close(lock);
    }
    const expected = `a free port from ${preferred} to ${preferred + ATTEMPTS - 1}`;
    const found = "all of them are taken";
    throw new UserError({ code: "EP-SANDBOX-03", step: "reserving a port", expected, found });
  }

  /** Ends the reservation. */
  async release(): Promise<void> {
    await close(this.#lock);
  }
}

async function isFree(port: number, host: string): Promise<boolean> {
  const server = await listen({ port, host, ipv6Only: true });
  if (server) await close(server);
  return server !== undefined;
}

/** @returns undefined when the address is in use; a server that does not listen when this machine does not have the address */
async function listen(where: ListenOptions): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy());
  try {
    server.listen({ ...where, exclusive: true });
    await once(server, "listening");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EADDRINUSE" || code === "EACCES") return undefined;
    if (code !== "EADDRNOTAVAIL" && code !== "EAFNOSUPPORT") throw error;
  }
  return server;
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, "close");
  server.close();
  await closed;
}
