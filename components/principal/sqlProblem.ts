import { Explained } from "./explained.ts";
import type { PrincipalInputs } from "./inputs.ts";

/** The server's words when it cannot find a principal: a typo, or an identity so new that it has not arrived there yet. */
export function isNotInTenant(error: unknown): boolean {
  return /is not found in the tenant/.test(messageOf(error));
}

/** Turns an error of a statement into one with a remedy. What is not known is passed on with the server's own words. */
export function sqlProblem(inputs: PrincipalInputs, step: string, error: unknown): Error {
  if (error instanceof Explained) {
    return error;
  }
  const message = messageOf(error);
  const code = codeOf(error);
  const found = `${message}${code ? ` (SQLSTATE ${code})` : ""}`;
  const explain = (expected: string, remedy: string) =>
    new Explained({ step, at: place(inputs), expected, found, remedy });

  if (code === "42883" && message.includes("pgaadauth_")) {
    return inputs.database === "postgres"
      ? explain(
          "a server with Microsoft Entra authentication enabled",
          "enable it: authConfig.activeDirectoryAuth = Enabled, with at least one Entra administrator",
        )
      : explain(
          'the functions pgaadauth_*, which live only in database "postgres"',
          `connect there: set database to "postgres" instead of "${inputs.database}"`,
        );
  }
  if (isNotInTenant(error)) {
    return explain(
      `a principal named "${inputs.roleName}" in the server's tenant within ${inputs.waitSeconds} s`,
      "compare the name with the VM's or identity's own, letter by letter; if it is right, run `pulumi up` again",
    );
  }
  if (/incorrect object type/.test(message)) {
    return explain(
      `principalType to be the identity's own kind; "${inputs.principalType}" was given`,
      "set principalType to the actual object type that the server names",
    );
  }
  if (code === "0LP01" && /validate user/.test(message)) {
    return explain(
      "a server that may ask the directory",
      "in a sovereign cloud, give the tenant the service principal 5657e26c-cc92-45d9-bc47-9da6cfdb4ed9; else try again",
    );
  }
  if (code === "42501") {
    return explain(
      `"${inputs.adminUser}" to have the right to do this`,
      "log in as a Microsoft Entra administrator of the server; the password administrator may not manage Entra roles",
    );
  }
  if (!code) {
    return explain("the connection to last", "run `pulumi up` again: it looks first at what is already there");
  }
  return explain("the statement to succeed", "see the server's message; then run `pulumi up` again");
}

/** Where it happened, as errors name it. */
export function place(inputs: PrincipalInputs): string {
  return `role "${inputs.roleName}" on ${inputs.host}:${inputs.port}/${inputs.database}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : "";
}
