import pg from "pg";

/**
 * The one place where a name or a text becomes part of a statement; wherever SQL takes parameters, they travel as those. Both
 * refuse what PostgreSQL would change in silence: a name that it would cut, and a text that ends at a NUL.
 *
 * @throws {RangeError} for a name of none or more than 63 bytes, and for a NUL. The inputs are checked before, so this is a bug.
 */
export function identifier(name: string): string {
  const bytes = Buffer.byteLength(name, "utf8");
  if (bytes === 0 || bytes > 63) {
    throw new RangeError(`an identifier has 1 to 63 bytes, this one has ${bytes}`);
  }
  return pg.escapeIdentifier(withoutNul(name));
}

/** A text as a literal. */
export function literal(text: string): string {
  return pg.escapeLiteral(withoutNul(text));
}

function withoutNul(text: string): string {
  if (text.includes("\0")) {
    throw new RangeError("a NUL cannot be part of a statement");
  }
  return text;
}
