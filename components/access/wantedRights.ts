import type { Session } from "../postgres/adminSession.ts";
import type { AccessInputs } from "./accessInputs.ts";
import { type ObjectType, PROFILES, type Profile } from "./profiles.ts";

/** Privileges that a role is to have on all objects of a kind, or on some. */
export interface WantedRight {
  grantee: string;
  kind: ObjectType;
  words: readonly string[];
  /** Names of the objects; null for all. A function may have its argument types: `f(integer, text)`. */
  objects: readonly string[] | null;
}

/** The rights of the profiles' roles. */
export function profileRights({ rights, roles }: Pick<AccessInputs, "rights" | "roles">): WantedRight[] {
  return PROFILES.flatMap((profile: Profile) =>
    Object.entries(rights[profile]).map(([kind, words]) => ({
      grantee: roles[profile],
      kind: kind as ObjectType,
      words: privileges(words),
      objects: null,
    })),
  );
}

/** The rights beyond those of the profiles: `{ auditor: { "table item": ["SELECT"] } }`. */
export function furtherRights(grants: AccessInputs["grants"]): WantedRight[] {
  return Object.entries(grants).flatMap(([grantee, rights]) =>
    Object.entries(rights).map(([what, words]) => {
      const [, kind, object] = /^(\w+)(?: (.*))?$/s.exec(what) ?? [];
      const objects = object === undefined ? null : [object];
      return { grantee, kind: kind as ObjectType, words: privileges(words), objects };
    }),
  );
}

/** A state after a refresh also has what was found to differ, in sentences. */
function privileges(words: readonly string[]): string[] {
  return words.filter((word) => /^[A-Z]+$/.test(word));
}

/** Objects that the grants name and the schema does not have: "table item". */
export async function missingObjects(
  session: Session,
  { grants, schema }: Pick<AccessInputs, "grants" | "schema">,
): Promise<string[]> {
  const named = furtherRights(grants).flatMap(({ kind, objects }) => (objects ?? []).map((name) => ({ kind, name })));
  if (named.length === 0) return [];
  const { rows } = await session.query<{ kind: string; name: string }>(
    `SELECT n.kind, n.name FROM jsonb_to_recordset($2::jsonb) AS n (kind text, name text) WHERE NOT EXISTS (
       SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace
        WHERE s.nspname::text = $1 AND c.relname::text = n.name AND n.kind = CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END)
      AND NOT EXISTS (
       SELECT FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace s ON s.oid = p.pronamespace
        WHERE s.nspname::text = $1 AND n.kind = 'function'
          AND n.name IN (p.proname::text, p.proname || '(' || pg_catalog.oidvectortypes(p.proargtypes) || ')'))`,
    [schema, JSON.stringify(named)],
  );
  return rows.map(({ kind, name }) => `${kind} ${name}`);
}
