/** What the VM saw when it logged in as its identity. */
export interface Receipt {
  /** `session_user` after the login: the role. */
  sessionUser: string;
  /** `current_user`: the role that it acts as, which owns what it makes; the same where it acts as itself. */
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
  /** Seconds that the token would still have been accepted for. */
  tokenSecondsLeft: number;
  /** Whether the role could administer the server, create roles or databases. Must be false. */
  isAdmin: boolean;
  /** Seconds that everything took on the VM. */
  secondsTaken: number;
  /** What was tried as the identity and went through. */
  allowed: string[];
  /** What was tried and refused for want of a right. */
  denied: string[];
}

/** What the receipt is held against. */
export interface Expected {
  user: string;
  /** Role that its sessions act as. @default itself */
  actsAs?: string | undefined;
  objectId: string;
  clientId: string;
}

/**
 * Reads the receipt from the last line of the proof's output and holds it against what was provisioned.
 *
 * @throws {Error} naming every value that is not as expected.
 */
export function readReceipt(output: string, expected: Expected): Receipt {
  const line = output.trim().split("\n").at(-1) ?? "";
  let receipt: Receipt;
  try {
    receipt = JSON.parse(line);
  } catch {
    throw new Error(
      "The proof on the VM ended without a receipt. Next: run `pulumi up` again, and look at the VM's boot log if it stays so.",
    );
  }
  const actor = expected.actsAs ?? expected.user;
  const wrong = [
    receipt.sessionUser !== expected.user && `logged in as "${receipt.sessionUser}", expected "${expected.user}"`,
    receipt.currentUser !== actor && `acts as "${receipt.currentUser}", expected "${actor}"`,
    !same(receipt.objectId, expected.objectId) && `object id ${receipt.objectId}, expected ${expected.objectId}`,
    !same(receipt.clientId, expected.clientId) && `client id ${receipt.clientId}, expected ${expected.clientId}`,
    receipt.isAdmin !== false && "the role can administer the server, which no application should",
  ].filter((problem) => problem !== false);
  if (wrong.length > 0) {
    throw new Error(`The proof on the VM does not hold:\n  ${wrong.join("\n  ")}\nNext: pulumi up --refresh`);
  }
  return receipt;
}

function same(a: unknown, b: string): boolean {
  return typeof a === "string" && a.toLowerCase() === b.toLowerCase();
}
