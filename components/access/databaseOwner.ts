import { UserError } from "../errors/userError.ts";
import type { Session } from "../postgres/adminSession.ts";
import { errorLocation, type Subject } from "../postgres/errorLocation.ts";
import { identifier } from "../postgres/quoting.ts";
import { asOwner } from "./ownSchema.ts";

/**
 * Only a database's owner decides who can connect to it: another login's GRANT has no effect, and PostgreSQL only warns.
 * @throws {UserError} EP-ACCESS-02 with the owner
 */
export async function requireOwnDatabase(session: Session, inputs: Subject): Promise<void> {
  const { rows } = await session.query<{ owner: string; actsasowner: boolean }>(
    `SELECT pg_catalog.pg_get_userbyid(datdba)::text AS owner, pg_catalog.pg_has_role(datdba, 'USAGE') AS actsasowner
       FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()`,
  );
  const { owner = "", actsasowner: actsAsOwner = false } = rows[0] ?? {};
  if (actsAsOwner) return;
  const statement = `ALTER DATABASE ${identifier(inputs.database)} OWNER TO azure_pg_admin`;
  throw new UserError({
    code: "EP-ACCESS-02",
    step: "looking at the database",
    at: errorLocation(inputs),
    expected: "a database of which this administrator is the owner, to decide who can connect to it",
    found: `database "${inputs.database}" belongs to "${owner}"`,
    // Nobody becomes a member of the service's own role.
    remedy: `use a database that was created after the server's administrators${owner.startsWith("azure") ? "" : `; or hand this one over, ${asOwner({ owner, actsAsOwner }, statement)}`}`,
  });
}
