import { createServer } from "node:net";

/** The ports that Pulumi.sandbox.yaml names. */
export const DEFAULT_DATABASE_PORT = 25432;
export const DEFAULT_SSH_PORT = 2222;

/**
 * @returns `wanted` when nothing listens there on `address`, otherwise a port the system has free
 * @throws Error when the address itself cannot be listened on
 */
export async function freePort(wanted: number, address = "127.0.0.1"): Promise<number> {
  const port = await tryPort(wanted, address);
  return port ?? (await tryPort(0, address)) ?? wanted;
}

function tryPort(port: number, address: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE" || error.code === "EACCES") resolve(undefined);
      else reject(new Error(`Nothing can listen on ${address}: ${error.message}`));
    });
    server.listen({ port, host: address, exclusive: true }, () => {
      const bound = server.address();
      server.close(() => resolve(typeof bound === "object" && bound ? bound.port : undefined));
    });
  });
}
