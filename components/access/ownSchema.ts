import { UserError } from "../errors/userError.ts";
import type { Session } from "../postgres/adminSession.ts";
import { errorLocation } from "../postgres/errorLocation.ts";
import { writeMark } from "../postgres/ownerMark.ts";
import { identifier, literal } from "../postgres/quoting.ts";
import { findSchemas, markedBy, type SchemaFacts } from "./accessCatalog.ts";
import type { AccessInputs, Remembered } from "./accessInputs.ts";
import type { FoundRoles } from "./groupRoles.ts";

/**
 * The schema, by the oid of an earlier operation, else by its name.
 * @throws {UserError} EP-ACCESS-03 for a schema that is somebody else's
 */
export async function findOwnSchema(
  session: Session,
  inputs: AccessInputs,
  remembered: Remembered,
  roles: FoundRoles,
): Promise<SchemaFacts | undefined> {
  const rows = await findSchemas(session, inputs.schema, remembered.schemaOid);
  const named = rows.find(({ name }) => name === inputs.schema);
  const known = rows.find(
    ({ oid, comment }) => oid === remembered.schemaOid && markedBy(comment, inputs.owner, remembered).by !== "other",
  );
  if (named && named !== known) requireOurs(inputs, remembered, { named, known, roles });
  return known ?? named;
}

function requireOurs(
  inputs: AccessInputs,
  remembered: Remembered,
  { named, known, roles }: { named: SchemaFacts; known: SchemaFacts | undefined; roles: FoundRoles },
): void {
  const { by, mark } = markedBy(named.comment, inputs.owner, remembered);
  const ownRole = roles.owner?.name;
  if (!known && by !== "other" && (by === "this" || named.owner === ownRole)) return;
  const otherName = identifier(Buffer.byteLength(named.name) > 56 ? "schema_before" : `${named.name}_before`);
  const rename = `ALTER SCHEMA ${identifier(named.name)} RENAME TO ${otherName}`;
  throw new UserError({
    code: "EP-ACCESS-03",
    step: known ? `renaming the schema "${known.name}"` : "creating the schema",
    at: errorLocation(inputs),
    expected: `no schema of that name${known ? "" : `, or one that belongs to "${inputs.roles.owner}"`}`,
    found: by === "other" ? `${mark?.owner} manages it` : `it belongs to "${named.owner}"`,
    remedy:
      by === "other"
        ? "choose another schema; for rights in that one, name its roles in `memberOf` of EntraPrincipal"
        : `choose another schema; or, to keep this one under another name and move its tables (ALTER TABLE … SET SCHEMA), ${asOwner(named, rename)}`,
  });
}

/** A statement that only an owner may run, as an administrator can run it who made the owner's role or is a member of it. */
export function asOwner({ owner, actsAsOwner }: { owner: string; actsAsOwner: boolean }, statement: string): string {
  const role = identifier(owner);
  return actsAsOwner
    ? `as administrator: ${statement}`
    : `as the administrator who made "${owner}": GRANT ${role} TO CURRENT_USER; ${statement}; REVOKE ${role} FROM CURRENT_USER`;
}

/** Creates or renames the schema, and gives it its owner and its owner mark. This login is a member of the owner. */
export async function bringAboutSchema(
  session: Session,
  inputs: AccessInputs,
  found: SchemaFacts | undefined,
  instance: string,
): Promise<void> {
  const [schema, owner] = [identifier(inputs.schema), identifier(inputs.roles.owner)];
  if (!found) {
    await session.query(`CREATE SCHEMA ${schema} AUTHORIZATION ${owner}`);
  } else {
    if (found.name !== inputs.schema) {
      await session.query(`ALTER SCHEMA ${identifier(found.name)} RENAME TO ${schema}`);
    }
    if (found.owner !== inputs.roles.owner) await session.query(`ALTER SCHEMA ${schema} OWNER TO ${owner}`);
  }
  const comment = writeMark(found?.comment ?? "", { owner: inputs.owner, instance });
  if (comment !== found?.comment) await session.query(`COMMENT ON SCHEMA ${schema} IS ${literal(comment)}`);
}
