import { UserError } from "../errors/userError.ts";

/** What the VM saw when it logged in as its identity. */
export interface Receipt {
  /** `session_user` after the login: the role. */
  sessionUser: string;
  /** `current_user`: the role that the session acts as, which owns the objects that it creates. */
  currentUser: string;
  /** Database that was opened. */
  database: string;
  /** Object id in the token that was accepted. */
  objectId: string;
  /** Client id in that token. */
  clientId: string;
  /** Version of the PostgreSQL server. */
  serverVersion: string;
  /** Version of TLS, as the client saw it. */
  tlsVersion: string;
  /** Seconds until the token expires. */
  tokenSecondsLeft: number;
  /** Whether the role could administer the server, create roles or databases. Must be false. */
  isAdmin: boolean;
  /** Seconds that the test took on the VM. */
  secondsTaken: number;
  /** What the identity tried and was allowed. */
  allowed: string[];
  /** What the identity tried and was denied. */
  denied: string[];
}

/** The values that the receipt must have. */
export interface Expected {
  user: string;
  /** Role that its sessions act as. @default itself */
  actsAs?: string | undefined;
  objectId: string;
  clientId: string;
}

/**
 * Reads the receipt from the last line of the connection test's output and compares it with what was deployed.
 *
 * @throws {UserError} EP-CHECK-09 without a receipt; EP-CHECK-10 with every value that differs
 */
export function readReceipt(output: string, expected: Expected): Receipt {
  const step = "reading the receipt of the connection test";
  let receipt: Receipt;
  try {
    receipt = JSON.parse(output.trim().split("\n").at(-1) ?? "");
  } catch {
    throw new UserError({ code: "EP-CHECK-09", step, expected: "a line of JSON", found: "none" });
  }
  const actor = expected.actsAs ?? expected.user;
  const differences = [
    receipt.sessionUser !== expected.user && [`login as "${expected.user}"`, `"${receipt.sessionUser}"`],
    receipt.currentUser !== actor && [`a session that acts as "${actor}"`, `"${receipt.currentUser}"`],
    !same(receipt.objectId, expected.objectId) && [`object id ${expected.objectId}`, receipt.objectId],
    !same(receipt.clientId, expected.clientId) && [`client id ${expected.clientId}`, receipt.clientId],
    receipt.isAdmin !== false && ["a role that is no administrator", "one that can administer the server"],
  ].filter((difference) => difference !== false);
  if (differences.length > 0) {
    const [wanted, found] = [0, 1].map((side) => differences.map((difference) => difference[side]).join("; "));
    throw new UserError({ code: "EP-CHECK-10", step, expected: wanted ?? "", found: found ?? "" });
  }
  return receipt;
}

function same(a: unknown, b: string): boolean {
  return typeof a === "string" && a.toLowerCase() === b.toLowerCase();
}
