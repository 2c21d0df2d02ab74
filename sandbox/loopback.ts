import { once } from "node:events";
import type { Server as HttpServer } from "node:http";
import { type AddressInfo, BlockList, isIPv4, isIPv6, type Server } from "node:net";
import { UserError } from "entra-postgres/errors";

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/** Whether only this machine can reach an address. */
export function isLoopback(address: string): boolean {
  if (isIPv4(address)) return LOOPBACK.check(address, "ipv4");
  return isIPv6(address) && LOOPBACK.check(address, "ipv6");
}

/**
 * Starts to listen on a loopback address.
 * @param port 0 takes a free one
 * @returns the port
 * @throws Error when the address is not loopback
 * @throws UserError when the port is taken
 */
export async function listenOnLoopback(server: Server, port: number, address = "127.0.0.1"): Promise<number> {
  if (!isLoopback(address)) throw new Error(`The sandbox listens on loopback only, not on ${address}.`);
  try {
    server.listen({ port, host: address, ipv6Only: true });
    await once(server, "listening");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    const expected = `port ${port} of ${address} to be free`;
    throw new UserError({ code: "EP-SANDBOX-03", step: "starting a server", expected, found: "another program on it" });
  }
  return (server.address() as AddressInfo).port;
}

/** Stops a server and ends its open connections. A second call does nothing. */
export async function stopListening(server: HttpServer): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}
