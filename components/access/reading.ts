import type { Session } from "../postgres/adminSession.ts";
import { findGroupRoles, findSchemas, markedBy } from "./accessCatalog.ts";
import type { AccessInputs, AccessState, Member, RightsByKind } from "./accessInputs.ts";
import { declaredProfile, findDeclared, memberDrift } from "./members.ts";
import { CREATOR, PROFILES, type Profile } from "./profiles.ts";
import { declaredRights, strangers } from "./reconcile.ts";
import { type DriftedRight, rightsDrift } from "./rightsDrift.ts";

/** Rights that a refresh shows for one role and kind of object, or of others; the rest is counted. */
const SHOWN = 20;

/**
 * The schema as it is on the server, in the form of its inputs: what differs stands at the property where it belongs. Undefined where there
 * is neither the schema nor one of its roles.
 */
export async function readAccess(
  session: Session,
  state: AccessState,
): Promise<{ props: AccessState; inputs: AccessInputs } | undefined> {
  const { instance, roleOids = {}, schemaOid, others: _, unmarked: __, ...inputs } = state;
  const names = PROFILES.map((profile) => state.roles[profile]);
  const roles = await findGroupRoles(session, names, Object.values(roleOids));
  const schemas = await findSchemas(session, state.schema, schemaOid);
  const schema = schemas.find(({ oid }) => oid === schemaOid) ?? schemas[0];
  if (!schema && roles.length === 0) return undefined;
  const nameOf = (profile: Profile) =>
    (roles.find(({ oid }) => oid === roleOids[profile]) ?? roles.find(({ name }) => name === state.roles[profile]))
      ?.name ?? "";
  const named = byProfile(nameOf);
  const seen: AccessInputs = { ...inputs, schema: schema?.name ?? "", roles: named };
  const drift = await rightsDrift(session, declaredRights(seen, seen));
  const more = (await strangers(session, seen)).map(({ line }) => line);
  const found: AccessInputs & Pick<AccessState, "others"> = {
    ...seen,
    rights: byProfile((profile) => {
      // That not everybody may execute what the creator makes is a right of PUBLIC, which has no property of its own.
      const isHere = ({ grantee }: DriftedRight) =>
        grantee === named[profile] || (profile === CREATOR && grantee === "public" && !("public" in inputs.grants));
      return withDrift(
        inputs.rights[profile],
        drift.filter((one) => one.own && isHere(one)),
      );
    }),
    grants: grantsWithDrift(inputs.grants, drift),
    members: await membersAsFound(session, seen),
    ...othersOf([...more, ...drift.filter(({ own }) => !own).map(({ line }) => line)]),
  };
  const marked = [...roles, ...(schema ? [schema] : [])].every(
    ({ comment }) => markedBy(comment, state.owner, state).by === "this",
  );
  return {
    props: {
      ...found,
      instance,
      ...(marked ? {} : { unmarked: true }),
      roleOids: byProfile((profile) => roleOids[profile] ?? ""),
      schemaOid,
    },
    inputs: found,
  };
}

function byProfile<Value>(of: (profile: Profile) => Value): Record<Profile, Value> {
  return { reader: of("reader"), writer: of("writer"), migrator: of("migrator"), owner: of("owner") };
}

/** The rights of a role, each with what was found to differ: the engine shows it right by right. */
function withDrift(rights: RightsByKind, own: readonly DriftedRight[]): RightsByKind {
  const kinds = new Set([...Object.keys(rights), ...own.map(({ kind }) => kind)]) as Set<keyof RightsByKind>;
  return Object.fromEntries(
    [...kinds].map((kind) => [
      kind,
      [
        ...(rights[kind] ?? []).filter((word) => /^[A-Z]+$/.test(word)),
        ...limited(own.filter((one) => one.kind === kind)),
      ],
    ]),
  );
}

function grantsWithDrift(grants: AccessInputs["grants"], drift: readonly DriftedRight[]): AccessInputs["grants"] {
  return Object.fromEntries(
    Object.entries(grants).map(([grantee, rights]) => {
      const own = drift.filter((one) => one.own && one.grantee === grantee);
      const { drift: _, ...declared } = rights;
      return [grantee, own.length === 0 ? declared : { ...declared, drift: limited(own) }];
    }),
  );
}

function limited(drift: readonly { line: string }[]): string[] {
  const more = drift.length > SHOWN ? [`${drift.length - SHOWN} more`] : [];
  return [...drift.slice(0, SHOWN).map(({ line }) => line), ...more];
}

function othersOf(lines: readonly string[]): Pick<AccessState, "others"> {
  return lines.length === 0 ? {} : { others: limited(lines.map((line) => ({ line }))) };
}

async function membersAsFound(session: Session, inputs: AccessInputs): Promise<Record<string, Member>> {
  const roles = await findDeclared(session, inputs);
  return Object.fromEntries(
    Object.entries(inputs.members).map(([name, member]) => {
      const role = roles.get(name);
      const drift = memberDrift(inputs, member, role);
      const profile = [declaredProfile(member), ...drift].join("; ");
      return [name, { ...member, profile, ...(role && member.oid !== undefined ? { oid: role.oid } : {}) }];
    }),
  );
}
