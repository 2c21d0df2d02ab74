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

/** A right that the connection test tries, and the outcome that it must have. */
export interface TriedRight {
  what: string;
  expected: "allowed" | "denied";
}

/** The receipt as the VM prints it: instead of the lists, `outcomes` has the first letter of each outcome, in the order of the tried rights. */
type PrintedReceipt = Omit<Receipt, "allowed" | "denied"> & { outcomes?: string };

/** The values that the receipt must have. */
export interface Expected {
  user: string;
  /** Role that its sessions act as. @default itself */
  actsAs?: string | undefined;
  objectId: string;
  clientId: string;
  /** What the connection test tried, in its order. */
  tried: readonly TriedRight[];
  /** Whether the receipt may be that of the script before the update, as in a preview: then its outcomes are not compared. */
  mayBeEarlier?: boolean;
}

/**
 * Reads the receipt from the last line of the connection test's output and compares it with what was deployed.
 *
 * @throws {UserError} EP-CHECK-09 without a receipt; EP-CHECK-10 with every value that differs
 */
export function readReceipt(output: string, expected: Expected): Receipt {
  const step = "reading the receipt of the connection test";
  let printed: PrintedReceipt;
  try {
    printed = JSON.parse(output.trim().split("\n").at(-1) ?? "");
  } catch {
    throw new UserError({ code: "EP-CHECK-09", step, expected: "a line of JSON", found: "none" });
  }
  const { outcomes = "", ...receipt } = printed;
  const wanted = expected.tried.map((right) => right.expected.charAt(0)).join("");
  const actor = expected.actsAs ?? expected.user;
  const differences = [
    receipt.sessionUser !== expected.user && [`login as "${expected.user}"`, `"${receipt.sessionUser}"`],
    receipt.currentUser !== actor && [`a session that acts as "${actor}"`, `"${receipt.currentUser}"`],
    !same(receipt.objectId, expected.objectId) && [`object id ${expected.objectId}`, receipt.objectId],
    !same(receipt.clientId, expected.clientId) && [`client id ${expected.clientId}`, receipt.clientId],
    outcomes !== wanted && !expected.mayBeEarlier && [`outcomes ${wanted} of the tested rights`, outcomes],
    receipt.isAdmin !== false && ["a role that is no administrator", "one that can administer the server"],
  ].filter((difference) => difference !== false);
  if (differences.length > 0) {
    const [deployed = "", found = ""] = [0, 1].map((side) => differences.map((each) => each[side]).join("; "));
    throw new UserError({ code: "EP-CHECK-10", step, expected: deployed, found });
  }
  return { ...receipt, allowed: named("allowed", expected), denied: named("denied", expected) };
}

function named(outcome: TriedRight["expected"], { tried }: Expected): string[] {
  return tried.filter((right) => right.expected === outcome).map(({ what }) => what);
}

function same(a: unknown, b: string): boolean {
  return typeof a === "string" && a.toLowerCase() === b.toLowerCase();
}
