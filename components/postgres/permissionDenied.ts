import { type Session, withAdminSession } from "./adminSession.ts";
import { Deadline } from "./deadline.ts";
import type { Subject } from "./errorLocation.ts";
import type { Failure } from "./failure.ts";
import { identifier } from "./quoting.ts";

/** What the error for a refused statement says beyond the error table. */
interface Details {
  expected: string;
  found?: string;
  remedy: string;
}

/** The details of EP-PG-18. Administrators have different rights on a role: only some hold ADMIN on it. */
export async function permissionDenied(refused: { subject: Subject; failure: Failure }): Promise<Details> {
  const { subject, failure } = refused;
  const { roleName } = subject;
  const holders = roleName === undefined ? undefined : await findAdminHolders(subject, roleName);
  if (roleName === undefined || !holders?.isAdministrator) {
    return {
      expected: `"${subject.adminUser}" to have the right to do this`,
      remedy:
        "log in as a Microsoft Entra administrator of the server; the password administrator may not manage Entra roles",
    };
  }
  const { login, holds, others } = holders;
  if (holds) {
    const remedy =
      "see the server's message: Azure gives this right to no administrator, or only to the object's owner";
    return {
      expected: `"${login}", an administrator that holds ADMIN on the role, to have the right to do this`,
      remedy,
    };
  }
  const [other] = others;
  return {
    expected: `"${login}" to hold ADMIN on role "${roleName}"`,
    found: `${failure.words}; ${other ? `these hold it: ${others.map((name) => `"${name}"`).join(", ")}` : "no login holds it"}`,
    remedy: other
      ? `as "${other}": GRANT ${identifier(roleName)} TO ${identifier(login)} WITH ADMIN OPTION; then run \`pulumi up\` again`
      : `drop the role as the one who created it, or keep it and forget the resource: pulumi state delete <urn>`,
  };
}

/** Who may manage a role: from PostgreSQL 16 on, whoever holds ADMIN on it. */
interface AdminHolders {
  /** The role of this login. */
  login: string;
  /** Whether it administers the server. */
  isAdministrator: boolean;
  /** Whether it holds ADMIN, itself or by a role that it is a member of. */
  holds: boolean;
  /** The other roles that may log in and hold ADMIN. */
  others: string[];
}

/** Runs on a connection of its own, after the one that was refused something is closed. Undefined without an answer or such a role. */
async function findAdminHolders(subject: Subject, role: string): Promise<AdminHolders | undefined> {
  try {
    return await withAdminSession(subject, new Deadline(5), (session) => adminHolders(session, role));
  } catch {
    return undefined;
  }
}

async function adminHolders(session: Session, role: string): Promise<AdminHolders | undefined> {
  const { rows } = await session.query<{ login: string; administers: boolean; holds: boolean; others: string[] }>(
    `SELECT session_user::text AS login, pg_catalog.pg_has_role(session_user, 'azure_pg_admin', 'MEMBER') AS administers,
            pg_catalog.pg_has_role(session_user, r.oid, 'MEMBER WITH ADMIN OPTION') AS holds,
            array(SELECT h.rolname::text FROM pg_catalog.pg_roles h
                   WHERE h.rolcanlogin AND NOT h.rolsuper AND h.rolname <> session_user
                     AND pg_catalog.pg_has_role(h.oid, r.oid, 'MEMBER WITH ADMIN OPTION') ORDER BY 1) AS others
       FROM pg_catalog.pg_roles r WHERE r.rolname::text = $1`,
    [role],
  );
  const [row] = rows;
  return row && { login: row.login, isAdministrator: row.administers, holds: row.holds, others: row.others };
}
