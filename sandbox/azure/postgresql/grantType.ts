import type { Props } from "../providerHost.ts";
import type { Query, Server } from "./connection.ts";
import { exists, missing } from "./memberships.ts";
import { isOutsideSchemas } from "./objectTypes.ts";
import { samePrivileges } from "./privileges.ts";
import { type ResourceType, text, texts } from "./resourceType.ts";

/** One way to grant: a statement that grants, one that takes back, and the transaction around them. */
export interface GrantType extends Omit<ResourceType, "importable" | "create" | "update" | "delete"> {
  /** Works in a transaction with the locks and memberships that both statements need. */
  transaction(server: Server, state: Props, work: (query: Query) => Promise<void>): Promise<void>;
  /** @returns nothing where nothing is wanted @throws Error for a grant that PostgreSQL has no statement for */
  grant(wanted: Props): string | undefined;
  revoke(state: Props): string | undefined;
}

/** The resource type of a grant: it takes the old privileges back and grants the wanted ones in one transaction. */
export function grantType({ transaction, grant, revoke, ...type }: GrantType): ResourceType {
  const apply = async (server: Server, revoked: Props, wanted?: Props) => {
    const statements = [revoke(revoked), wanted && grant(wanted)].filter((sql) => sql !== undefined);
    await transaction(server, wanted ?? revoked, async (query) => {
      for (const sql of statements) await query(sql);
    });
  };
  return {
    ...type,
    importable: false,
    create: (server, wanted) => apply(server, wanted, wanted),
    update: (server, before, wanted) => apply(server, { ...wanted, privileges: before.privileges }, wanted),
    delete: (server, state) => apply(server, state),
  };
}

/** Whether the role and the schema that a grant names exist; the session is in their database. */
export async function targetExists(query: Query, state: Props): Promise<boolean> {
  const [role, schema] = [text(state, "role"), text(state, "schema")];
  if (role !== "public" && !(await exists(query, "role", role))) return false;
  return schema === "" || isOutsideSchemas(text(state, "objectType")) || (await exists(query, "schema", schema));
}

/** @throws Error when there is no such role */
export async function roleOid(query: Query, role: string): Promise<number> {
  if (role === "public") return 0;
  const rows = await query<{ oid: number }>("SELECT oid FROM pg_roles WHERE rolname = $1", [role]);
  if (!rows[0]) throw missing(`role ${role}`);
  return rows[0].oid;
}

/** The state with the granted privileges in it, unless they are the wanted ones. */
export function withGranted(state: Props, granted: string[]): Props {
  const same = samePrivileges(text(state, "objectType"), granted, texts(state, "privileges"));
  return same ? state : { ...state, privileges: granted };
}
