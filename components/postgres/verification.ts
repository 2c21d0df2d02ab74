import { UserError } from "../errors/userError.ts";

/**
 * A connection to a server is verified in any case; those that fetch a token, or ask Azure with it, would not be.
 *
 * @throws {UserError} when Node.js is told not to verify certificates.
 */
export function requireVerification(at: string): void {
  if (process.env.NODE_TLS_REJECT_UNAUTHORIZED === "0") {
    throw new UserError({
      code: "EP-PG-22",
      step: "verifying the server's TLS certificate",
      at,
      expected: "Node.js to verify certificates",
      found: "NODE_TLS_REJECT_UNAUTHORIZED=0, which would send secrets to anybody who answers",
      remedy:
        "unset NODE_TLS_REJECT_UNAUTHORIZED; give the authority to trust as caCert (databaseCaCert in this program)",
    });
  }
}
