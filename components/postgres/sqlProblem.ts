import { tokenProblem } from "../azure/tokenProblem.ts";
import type { ErrorCode } from "../errors/errorTable.ts";
import { UserError } from "../errors/userError.ts";
import { openTransactions } from "../principal/catalog.ts";
import { withAdminSession } from "./adminSession.ts";
import { connectionProblem } from "./connectionProblem.ts";
import { Deadline } from "./deadline.ts";
import { place, type Subject } from "./errorLocation.ts";
import type { Failure } from "./failure.ts";
import * as rules from "./retryTable.ts";

/** Turns what was said into an error with a remedy. What is not known is passed on with the server's own words. */
export async function explain(inputs: Subject, step: string, failure: Failure, deadline: Deadline): Promise<UserError> {
  const rule = rules.retryRule(failure);
  if (failure.phase === "token") {
    return tokenProblem(failure, place(inputs));
  }
  if (failure.phase === "connect") {
    return connectionProblem(inputs, failure, deadline);
  }
  const because = (code: ErrorCode, expected: string, remedy: string) =>
    new UserError({ code: code, step, at: place(inputs), expected, found: failure.words, remedy });
  if (rule === rules.LOCKED) {
    const holders = await lockHolders(inputs);
    return new UserError({
      code: "EP-PG-15",
      step,
      at: place(inputs),
      expected: `no other session to hold the ${inputs.schema === undefined ? "role" : "schema"}`,
      found: `${failure.words}${holders.length > 0 ? `; open transactions: ${holders.join("; ")}` : ""}`,
      remedy:
        "end that transaction, or as an administrator: SELECT pg_terminate_backend(<process>); then run `pulumi up` again",
    });
  }
  return staticProblem(inputs, rule, failure, because, deadline);
}

function staticProblem(
  inputs: Subject,
  rule: rules.RetryRule | undefined,
  failure: Failure,
  because: (code: ErrorCode, expected: string, remedy: string) => UserError,
  deadline: Deadline,
): UserError {
  switch (rule) {
    case rules.FUNCTION_MISSING:
      return inputs.database === "postgres"
        ? because(
            "EP-PG-17",
            "a server with Microsoft Entra authentication enabled",
            "enable it: authConfig.activeDirectoryAuth = Enabled, with at least one Entra administrator",
          )
        : because(
            "EP-PG-17",
            'the functions pgaadauth_*, which live only in database "postgres"',
            `connect there: set database to "postgres" instead of "${inputs.database}"`,
          );
    case rules.NOT_IN_TENANT:
      return because(
        "EP-ROLE-14",
        `a principal named "${inputs.roleName}", with object id ${inputs.objectId}, in the server's tenant within ${inputs.waitSeconds} s`,
        "compare the name with the VM's or identity's own, letter by letter; if it is right, run `pulumi up` again",
      );
    case rules.WRONG_TYPE:
      return because(
        "EP-ROLE-15",
        `principalType to be the identity's own kind; "${inputs.principalType}" was given`,
        "set principalType to the actual object type that the server names",
      );
    case rules.DIRECTORY_DENIED:
      return because(
        "EP-ROLE-16",
        "a server that may ask the directory",
        "in a sovereign cloud, give the tenant the service principal 5657e26c-cc92-45d9-bc47-9da6cfdb4ed9; else try again",
      );
    case rules.READ_ONLY:
      return because(
        "EP-PG-16",
        "a server that takes writes",
        "connect to the primary, not to a replica; after a failover run `pulumi up` again",
      );
  }
  switch (failure.code) {
    case "42501":
      return because(
        "EP-PG-18",
        `"${inputs.adminUser}" to have the right to do this`,
        "log in as a Microsoft Entra administrator of the server; the password administrator may not manage Entra roles",
      );
    case "42704":
      return because(
        "EP-ROLE-17",
        "every role that is named to exist",
        "correct memberOf or reassignTo; then run `pulumi up` again",
      );
    case "2BP01":
      return because(
        "EP-PG-19",
        "nothing of anybody else to depend on what the role owns",
        'set onDelete to "reassign", or drop what depends on it; the server names it',
      );
    case "57014":
      return because(
        "EP-PG-20",
        "each statement to end within 60 s",
        "see what keeps the server busy; then run `pulumi up` again",
      );
  }
  if (!failure.bySqlState || rule) {
    const within = deadline.over ? `; ${deadline.seconds} s were over (deadlineSeconds)` : "";
    return because(
      "EP-PG-10",
      `the connection and the server to last${within}`,
      "run `pulumi up` again: it looks first at what is already there",
    );
  }
  return because("EP-PG-21", "the statement to succeed", "see the server's message; then run `pulumi up` again");
}

/** Asked on a connection of its own, after the one that waited is gone. Not being able to ask is no reason to say less. */
async function lockHolders(inputs: Subject): Promise<string[]> {
  try {
    return await withAdminSession(inputs, new Deadline(5), openTransactions);
  } catch {
    return [];
  }
}
