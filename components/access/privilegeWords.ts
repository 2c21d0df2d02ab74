import { memberNameProblem, show } from "../postgres/roleName.ts";
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

/** A grant as a program gives it; its role may become known only later. */
export interface GivenGrant {
  role: unknown;
  objectType: string;
  objects?: readonly string[] | undefined;
  privileges: readonly string[];
}

/**
 * What is wrong with a grant: its words, each with what is allowed, since nothing but these words gets into a statement; and its names,
 * which PostgreSQL would cut or which look like others.
 */
export function grantProblems(grant: GivenGrant): string[] {
  return [
    ...wordProblems(grant),
    ...(typeof grant.role === "string" ? grantedRoleProblems(grant.role) : []),
    ...(grant.objects?.length === 0 ? ["has no objects; leave `objects` out for all that are there"] : []),
    ...(grant.objects ?? []).flatMap((name) => objectProblems(grant.objectType, name)),
  ];
}

/** What is wrong with the name of a grant's role. */
export function grantedRoleProblems(role: string): string[] {
  const problem = memberNameProblem(role);
  return problem ? [`has the role ${problem}`] : [];
}

/** A function may have the types of its arguments behind its name, which are no name: `f(integer, text)`. */
const ARGUMENTS = /^\([\w ,.[\]]*\)$/;

function objectProblems(objectType: string, given: unknown): string[] {
  if (typeof given !== "string") {
    return [`has the object ${show(given)}, which is not a name`];
  }
  const [, base = given, types] = (objectType === "function" && /^([^(]*)(\(.*)$/s.exec(given)) || [];
  const problem = memberNameProblem(base);
  return [
    ...(problem ? [`has the object ${problem}`] : []),
    ...(types !== undefined && !ARGUMENTS.test(types)
      ? [`has the object ${show(given)}, whose argument types hold more than letters, digits, spaces and _,.[]`]
      : []),
  ];
}

function wordProblems(grant: GivenGrant): string[] {
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
