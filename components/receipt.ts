/** What the VM saw when it logged in as its identity. */
export interface Receipt {
  /** `current_user` after the login: the role. */
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
  /** Seconds that token, login and query took on the VM. */
  secondsTaken: number;
}

/** What the receipt is held against. */
export interface Expected {
  user: string;
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
  const wrong = [
    receipt.currentUser !== expected.user && `logged in as "${receipt.currentUser}", expected "${expected.user}"`,
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
