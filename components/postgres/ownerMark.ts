/**
 * Which resource manages a role or a schema, written into its comment (`\du+` and `\dn+` in psql show it). A second stack refuses what is
 * marked instead of taking it over, and a delete drops only what this resource created or adopted.
 */
export interface OwnerMark {
  /** The URN of the resource that manages it. */
  owner: string;
  /** A random id of the creation or adoption. It outlives retries and changes when another resource takes the role over. */
  instance: string;
  /** Roles that the resource makes a member of: `memberOf` of `EntraPrincipal`. */
  memberOf?: string[] | undefined;
}

const MARK = /\[entra-postgres owner=(\S+) instance=([0-9a-f-]{36})(?: memberOf=(\S+))?\]/;

/** The mark in a comment, if there is one. */
export function readMark(comment: string): OwnerMark | undefined {
  const found = MARK.exec(comment);
  if (!found?.[1] || !found[2]) return undefined;
  const memberOf = found[3]?.split(",").map(decodeURIComponent);
  return { owner: decodeURI(found[1]), instance: found[2], ...(memberOf ? { memberOf } : {}) };
}

/** The comment with this mark; other text in it stays. */
export function writeMark(comment: string, { owner, instance, memberOf = [] }: OwnerMark): string {
  const member = memberOf.length > 0 ? ` memberOf=${memberOf.toSorted().map(encodeURIComponent).join(",")}` : "";
  const mark = `[entra-postgres owner=${encodeURI(owner)} instance=${instance}${member}]`;
  return [withoutMark(comment), mark].filter((part) => part !== "").join(" ");
}

/** The comment without any mark. */
export function withoutMark(comment: string): string {
  return comment.replace(MARK, "").trim();
}
