import type { ErrorCode } from "../errors/errorTable.ts";

/**
 * How often and how long something is retried. A retry is a new connection and the whole transaction, which reads before it writes; never a
 * single statement.
 */
export interface RetryRule {
  /** What a person reads meanwhile: "waiting for <this>, 12 s of 180 s". */
  waitingFor: string;
  /** Tries after the first. @default as many as the seconds allow */
  tries?: number;
  /** Seconds after the first failure of this kind; `waitSeconds` is the argument of that name. @default until the deadline */
  seconds?: number | "waitSeconds";
  /** Seconds of the first pause and of the longest. Each is half as long again as the one before, give or take a quarter. */
  pause: [number, number];
}

/** What is retried, by the code of the error. An error without an entry is not retried: a retry would not help. */
export const RETRY_TABLE: { readonly [code in ErrorCode]?: RetryRule } = {
  "EP-AZ-05": { waitingFor: "the token service", tries: 4, pause: [1, 10] },
  "EP-AZ-11": { waitingFor: "Azure Resource Manager", pause: [1, 20] },
  "EP-AZ-12": { waitingFor: "a connection to Azure Resource Manager", pause: [1, 20] },
  "EP-AZ-17": { waitingFor: "another operation on the resource", pause: [2, 30] },
  "EP-PG-03": { waitingFor: "a firewall rule to take effect", tries: 1, pause: [5, 5] },
  "EP-PG-04": { waitingFor: "another token", tries: 1, pause: [1, 1] },
  "EP-PG-06": { waitingFor: "a new database to appear", tries: 1, pause: [2, 2] },
  "EP-PG-07": { waitingFor: "the server's name to appear in DNS", seconds: 90, pause: [1, 10] },
  "EP-PG-08": { waitingFor: "the server to accept connections", seconds: 60, pause: [1, 10] },
  "EP-PG-09": { waitingFor: "a response from the server", tries: 1, pause: [1, 1] },
  "EP-PG-10": { waitingFor: "a stable connection", seconds: 120, pause: [0.2, 10] },
  "EP-PG-11": { waitingFor: "the server to start", pause: [0.5, 10] },
  "EP-PG-12": { waitingFor: "a free connection", pause: [2, 20] },
  "EP-PG-13": { waitingFor: "the server's resources", tries: 3, pause: [2, 10] },
  "EP-PG-14": { waitingFor: "another session's change", tries: 10, pause: [0.1, 2] },
  "EP-PG-15": { waitingFor: "another session to end its transaction", pause: [0.5, 5] },
  "EP-PG-16": { waitingFor: "a server that accepts writes", tries: 1, pause: [2, 2] },
  "EP-ROLE-14": { waitingFor: "the identity to reach the directory", seconds: "waitSeconds", pause: [2, 15] },
  "EP-ROLE-16": { waitingFor: "the server to reach the directory", tries: 3, pause: [1, 8] },
  "EP-ROLE-17": { waitingFor: "another look at the role", tries: 1, pause: [0.1, 0.1] },
  "EP-ROLE-18": { waitingFor: "a look at the role that another session made", tries: 3, pause: [0.1, 1] },
};
