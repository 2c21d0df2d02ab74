import type { Session } from "../postgres/adminSession.ts";

/** A membership, as PostgreSQL keeps it: one row for each grantor. */
export interface Membership {
  role: string;
  member: string;
  /** The role that granted it; undefined for PostgreSQL's own superuser, as at CREATE ROLE. */
  grantor: string | undefined;
  admin: boolean;
  inherit: boolean;
}

export async function membershipsOf(session: Session): Promise<Membership[]> {
  const { rows } = await session.query<Omit<Membership, "grantor"> & { grantor: string | null }>(
    `SELECT r.rolname::text AS role, m.rolname::text AS member, CASE WHEN g.rolsuper THEN NULL ELSE g.rolname::text END AS grantor,
            a.admin_option AS admin, a.inherit_option AS inherit
       FROM pg_catalog.pg_auth_members a JOIN pg_catalog.pg_roles r ON r.oid = a.roleid
       JOIN pg_catalog.pg_roles m ON m.oid = a.member JOIN pg_catalog.pg_roles g ON g.oid = a.grantor`,
  );
  return rows.map(({ grantor, ...rest }) => ({ ...rest, grantor: grantor ?? undefined }));
}

/**
 * The roles that nobody who stays could manage, if the roles of those who leave were dropped with everything that they granted (DROP OWNED).
 * A grant counts as long as its grantor holds ADMIN, itself or by a role that it inherits from.
 */
export function unmanagedWithout(
  memberships: readonly Membership[],
  { roles, staying, leaving }: { roles: readonly string[]; staying: readonly string[]; leaving: readonly string[] },
): string[] {
  let left = memberships.filter(({ member, role }) => !leaving.includes(member) && !leaving.includes(role));
  for (let count = -1; count !== left.length; ) {
    count = left.length;
    const current = left;
    left = current.filter(
      ({ grantor, role }) =>
        grantor === undefined || (!leaving.includes(grantor) && holdsAdmin(current, grantor, role)),
    );
  }
  return roles.filter((role) => !staying.some((name) => holdsAdmin(left, name, role)));
}

function holdsAdmin(memberships: readonly Membership[], name: string, role: string, seen: string[] = []): boolean {
  if (seen.includes(name)) return false;
  return memberships.some(
    (one) =>
      one.member === name &&
      ((one.admin && one.role === role) || (one.inherit && holdsAdmin(memberships, one.role, role, [...seen, name]))),
  );
}
