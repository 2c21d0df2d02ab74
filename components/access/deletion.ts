import { UserError } from "../errors/userError.ts";
import { inTransaction, type Session } from "../postgres/adminSession.ts";
import { errorLocation } from "../postgres/errorLocation.ts";
import { dropIdleGrantorRole, ensureGrantorRole, giveAdmin } from "../postgres/grantorRole.ts";
import type { Report } from "../postgres/operation.ts";
import { readMark, withoutMark } from "../postgres/ownerMark.ts";
import { identifier, literal } from "../postgres/quoting.ts";
import { findGroupRoles, findSchemas, type GroupRole, markedBy, type SchemaFacts } from "./accessCatalog.ts";
import type { AccessState } from "./accessInputs.ts";
import { joinRoles, leaveRoles } from "./groupRoles.ts";
import { removeMembers } from "./members.ts";
import { PROFILES } from "./profiles.ts";
import { lockDatabase } from "./reconcile.ts";
import { type Contents, contentsOf, contentsOutside, dependents } from "./schemaCatalog.ts";

/** Names of objects that an error lists; the rest is counted. */
const LISTED = 5;
const DELETING = "deleting the schema";

/**
 * Deletes the schema and its roles, or leaves them to the administrators, as `onDelete` says, in one transaction. What another resource has
 * taken over stays.
 * @throws {UserError} EP-ACCESS-05 before anything changes, where objects would be lost that `onDelete` does not give up
 */
export async function deleteAccess(session: Session, state: AccessState, report: Report): Promise<void> {
  await inTransaction(session, async () => {
    await lockDatabase(session);
    const { roles, schema } = await findOurs(session, state);
    if (schema && state.onDelete !== "retain") await requireDisposable(session, state, schema, roles);
    const administrators = (state.administrators ?? []).map(({ name }) => name);
    const grantorRole = await ensureGrantorRole(session, administrators);
    const names = roles.map(({ name }) => name);
    await giveAdmin(session, names, grantorRole, errorLocation(state));
    await removeMembers(session, state, grantorRole);
    await joinRoles(session, names, grantorRole);
    if (state.onDelete === "retain") {
      await unmark(session, roles, schema);
      await leaveRoles(session, names, grantorRole);
      report("kept, as onDelete says; no resource manages it any more");
    } else {
      await drop(session, state, schema, names);
      await dropIdleGrantorRole(session);
    }
  });
}

/** The schema and the roles that this resource still manages. */
async function findOurs(
  session: Session,
  state: AccessState,
): Promise<{ roles: GroupRole[]; schema: SchemaFacts | undefined }> {
  const oids = Object.values(state.roleOids ?? {});
  const ours = ({ comment, oid }: { comment: string; oid: string }, known: readonly string[]) => {
    const { by, mark } = markedBy(comment, state.owner, state);
    return by === "this" ? mark?.instance === state.instance : by === "nobody" && known.includes(oid);
  };
  const roles = await findGroupRoles(
    session,
    PROFILES.map((profile) => state.roles[profile]),
    oids,
  );
  const schemas = await findSchemas(session, state.schema, state.schemaOid);
  return {
    roles: roles.filter((role) => ours(role, oids)),
    schema: schemas.find((schema) => ours(schema, [state.schemaOid ?? ""])),
  };
}

async function requireDisposable(
  session: Session,
  state: AccessState,
  schema: SchemaFacts,
  roles: readonly GroupRole[],
): Promise<void> {
  const names = roles.map(({ name }) => name);
  if (state.onDelete === "refuse") {
    const contents = await contentsOf(session, { schema: schema.name, roles: names, limit: LISTED });
    refuse(state, "a schema that contains nothing", contents, "");
  } else {
    const lost = await dependents(session, schema.name, LISTED);
    refuse(state, "no object outside the schema that depends on it", lost, " outside it");
  }
  if (!state.databaseStays && (await isLastSchema(session, schema))) {
    const outside = await contentsOutside(session, schema.name, LISTED);
    refuse(
      state,
      "a database that contains nothing else, because it is deleted with its last schema",
      outside,
      " outside the schema",
    );
  }
}

function refuse(state: AccessState, expected: string, { count, first }: Contents, where: string): void {
  if (count === 0) return;
  throw new UserError({
    code: "EP-ACCESS-05",
    step: DELETING,
    at: errorLocation(state),
    expected,
    found: `${count} object(s)${where}: ${first.join(", ")}${count > first.length ? ", …" : ""}; nothing was dropped`,
    ...(where === ""
      ? {}
      : {
          remedy:
            'move or drop these objects first, or set onDelete to "retain", which keeps the schema and its database; then `pulumi up` and this again',
        }),
  });
}

/** Whether no other schema of the database has an owner mark. */
async function isLastSchema(session: Session, schema: SchemaFacts): Promise<boolean> {
  const { rows } = await session.query<{ comment: string }>(
    `SELECT coalesce(pg_catalog.obj_description(oid, 'pg_namespace'), '') AS comment
       FROM pg_catalog.pg_namespace WHERE oid::text <> $1`,
    [schema.oid],
  );
  return !rows.some(({ comment }) => readMark(comment));
}

/** What the roles own elsewhere, large objects among it, goes to this administrator. */
async function drop(
  session: Session,
  state: AccessState,
  schema: SchemaFacts | undefined,
  names: readonly string[],
): Promise<void> {
  if (schema) {
    const how = state.onDelete === "drop" ? "CASCADE" : "RESTRICT";
    await session.query(`DROP SCHEMA ${identifier(schema.name)} ${how}`);
  }
  if (names.length === 0) return;
  const list = names.map(identifier).join(", ");
  await session.query(`REASSIGN OWNED BY ${list} TO CURRENT_USER`);
  await session.query(`DROP OWNED BY ${list}`);
  for (const name of names) await session.query(`DROP ROLE ${identifier(name)}`);
}

async function unmark(session: Session, roles: readonly GroupRole[], schema: SchemaFacts | undefined): Promise<void> {
  if (schema) {
    const comment = literal(withoutMark(schema.comment));
    await session.query(`COMMENT ON SCHEMA ${identifier(schema.name)} IS ${comment}`);
  }
  for (const { name, comment } of roles) {
    await session.query(`COMMENT ON ROLE ${identifier(name)} IS ${literal(withoutMark(comment))}`);
  }
}
