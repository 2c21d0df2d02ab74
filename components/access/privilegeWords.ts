import type { ObjectType } from "./profiles.ts";

/**
 * Privileges by the kind of object. Source: PostgreSQL's documentation, "Privileges"; MAINTAIN (17 and later), RULE and the like are
 * left out because not every version that Azure offers has them.
 */
export const PRIVILEGE_WORDS: Readonly<Record<ObjectType, readonly string[]>> = {
  database: ["CREATE", "CONNECT", "TEMPORARY"],
  schema: ["CREATE", "USAGE"],
  table: ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"],
  sequence: ["USAGE", "SELECT", "UPDATE"],
  function: ["EXECUTE"],
};

/** What is wrong with the words of a grant, each with what is allowed; nothing but these words gets into a statement. */
export function grantProblems(grant: { objectType: string; privileges: readonly string[] }): string[] {
  const kinds = Object.keys(PRIVILEGE_WORDS);
  if (!kinds.includes(grant.objectType)) {
    return [`has objectType ${JSON.stringify(grant.objectType)}; allowed: ${kinds.join(", ")}`];
  }
  const allowed = PRIVILEGE_WORDS[grant.objectType as ObjectType];
  const wrong = grant.privileges.filter((word) => !allowed.includes(word)).map((word) => JSON.stringify(word));
  return [
    ...(grant.privileges.length === 0
      ? [`has no privileges; allowed on a ${grant.objectType}: ${allowed.join(", ")}`]
      : []),
    ...(wrong.length > 0
      ? [`has the privilege ${wrong.join(", ")}; allowed on a ${grant.objectType}: ${allowed.join(", ")}`]
      : []),
  ];
}
