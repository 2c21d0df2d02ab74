/** PostgreSQL keeps 63 bytes of an identifier (NAMEDATALEN - 1) and cuts the rest without an error. */
const MAX_BYTES = 63;

/** Roles of PostgreSQL or Azure, and words that are not role names in SQL. */
const RESERVED = new Set([
  "public",
  "none",
  "current_role",
  "current_user",
  "session_user",
  "postgres",
  "replication",
  "azuresu",
  "azure_pg_admin",
  "azure_superuser",
]);

/**
 * What is wrong with a name that is to become a database role, in words that can follow the name of the property;
 * undefined when nothing is.
 *
 * The service's functions take the name as text and how they quote it is not documented, so a name that could mean
 * something to SQL is refused before a connection is opened.
 */
export function roleNameProblem(name: string): string | undefined {
  const lower = name.toLowerCase();
  if (RESERVED.has(lower) || lower.startsWith("pg_") || lower.startsWith("azure_")) {
    return `${show(name)} is reserved by PostgreSQL or Azure; choose another name for the VM or identity`;
  }
  const character = offendingCharacter(name);
  if (character) {
    return `${show(name)} holds ${character}, which is not allowed in a role name here`;
  }
  return memberNameProblem(name);
}

/** The same for an existing role: it may be one of Azure's, and a user's name may hold an apostrophe. */
export function memberNameProblem(name: string): string | undefined {
  const problem = loginNameProblem(name);
  if (problem) {
    return problem;
  }
  const bytes = Buffer.byteLength(name, "utf8");
  if (bytes > MAX_BYTES) {
    return `${show(name)} has ${bytes} bytes, the limit is ${MAX_BYTES}: PostgreSQL would cut it to another name`;
  }
  if (name.normalize("NFC") !== name) {
    return `${show(name)} is not in Unicode normal form NFC (code points ${codePoints(name)}): two roles could look alike`;
  }
  if (SCRIPTS.filter((script) => script.test(name)).length > 1) {
    return `${show(name)} mixes alphabets with letters that look alike (code points ${codePoints(name)})`;
  }
  return undefined;
}

/** The same for a name to log in with, which the directory gave: it may be longer than a role's, and the server decides. */
export function loginNameProblem(name: string): string | undefined {
  if (name.length === 0 || name.trim() !== name) {
    return `${show(name)} is empty or begins or ends with white space`;
  }
  const invisible = INVISIBLE.exec(name);
  return invisible ? `${show(name)} holds the character U+${hex(invisible[0])}, which cannot be seen` : undefined;
}

/** Control, format (zero-width, direction override), separator characters and halves of surrogate pairs. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

/** Alphabets that share the shapes of letters. */
const SCRIPTS = [/\p{Script=Latin}/u, /\p{Script=Cyrillic}/u, /\p{Script=Greek}/u, /\p{Script=Armenian}/u];

/** Those that cannot be seen, and those with a meaning in SQL strings or statements. */
function offendingCharacter(name: string): string | undefined {
  const found = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}'"\\;]/u.exec(name);
  return found ? `the character U+${hex(found[0])}` : undefined;
}

/** The name, or what was given for one, as it can be printed safely: quoted, with everything outside printable ASCII escaped. */
export function show(name: unknown): string {
  return JSON.stringify(name).replace(/[^\x20-\x7e]/gu, (character) => `\\u{${hex(character)}}`);
}

function codePoints(name: string): string {
  return Array.from(name, (character) => `U+${hex(character)}`).join(" ");
}

function hex(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
}
