import { escapeIdentifier } from "pg";
import type { Props } from "../providerHost.ts";
import type { Query, Server } from "./connection.ts";
import { roleOid, withGranted } from "./grants.ts";
import { placeExists } from "./grantTargets.ts";
import { exists, lockRole, withRoles } from "./memberships.ts";
import { privilegeWords } from "./privileges.ts";
import { type Found, flag, type ResourceType, SET, text, texts } from "./resourceType.ts";

/** The letters of pg_default_acl. */
const OBJECT_TYPES: Readonly<Record<string, string>> = {
  table: "r",
  sequence: "S",
  function: "f",
  routine: "f",
  type: "T",
  schema: "n",
};

/**
 * Privileges on objects that an owner will make. Source: postgresql/resource_postgresql_default_privileges.go of the Terraform
 * provider that the plugin wraps.
 */
export const defaultPrivileges: ResourceType = {
  token: "postgresql:index/defaultPrivileges:DefaultPrivileges",
  importable: false,
  properties: {
    role: { kind: "string", required: true, replaces: true },
    database: { kind: "string", required: true, replaces: true },
    owner: { kind: "string", required: true, replaces: true },
    schema: { kind: "string", replaces: true },
    objectType: { kind: "string", required: true, replaces: true, values: Object.keys(OBJECT_TYPES) },
    privileges: { ...SET, required: true },
    withGrantOption: { kind: "boolean", default: false, replaces: true },
  },

  async create(server, wanted) {
    await apply(server, wanted);
  },

  async read(server, _id, state) {
    const database = text(state, "database");
    if (!(await server.session("", (query) => exists(query, "database", database)))) return undefined;
    return await server.transaction(database, async (query) =>
      (await placeExists(query, state)) ? await readPrivileges(query, state) : undefined,
    );
  },

  async update(server, _before, wanted) {
    await apply(server, wanted);
  },

  async delete(server, state) {
    await asOwner(server, state, async (query) => {
      await query(revokeStatement(state));
    });
  },

  whyMissing: (wanted) => `the owner ${text(wanted, "owner")} has these privileges itself. Name another role.`,
};

async function apply(server: Server, wanted: Props): Promise<void> {
  const objectType = text(wanted, "objectType");
  const role = text(wanted, "role");
  if (text(wanted, "schema") !== "" && objectType === "schema") {
    throw new Error("Default privileges with objectType schema cannot have a schema. Remove schema.");
  }
  if (flag(wanted, "withGrantOption") && role.toLowerCase() === "public") {
    throw new Error("Default privileges for public cannot have withGrantOption: true. Remove withGrantOption.");
  }
  const privileges = privilegeWords(objectType, texts(wanted, "privileges"));
  await asOwner(server, wanted, async (query) => {
    await query(revokeStatement(wanted));
    if (privileges === "") return;
    const option = flag(wanted, "withGrantOption") ? " WITH GRANT OPTION" : "";
    await query(`${alter(wanted)} GRANT ${privileges} ON ${plural(wanted)} TO ${escapeIdentifier(role)}${option}`);
  });
}

async function asOwner(server: Server, state: Props, work: (query: Query) => Promise<void>): Promise<void> {
  const owner = text(state, "owner");
  await server.transaction(text(state, "database"), async (query) => {
    await lockRole(query, owner);
    await withRoles(query, [owner], () => work(query));
  });
}

/** What is granted; undefined when that is nothing although something is wanted. */
async function readPrivileges(query: Query, state: Props): Promise<Found | undefined> {
  const [role, owner, schema] = [text(state, "role"), text(state, "owner"), text(state, "schema")];
  await lockRole(query, owner);
  const rows = await query<{ word: string }>(
    `SELECT DISTINCT a.privilege_type AS word FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace,
      aclexplode(d.defaclacl) a
    WHERE d.defaclobjtype = $1 AND a.grantee = $2 AND pg_get_userbyid(a.grantor) = $3 AND coalesce(n.nspname, '') = $4 ORDER BY 1`,
    [OBJECT_TYPES[text(state, "objectType")], await roleOid(query, role), owner, schema],
  );
  if (rows.length === 0 && texts(state, "privileges").length > 0) return undefined;
  const id = [role, text(state, "database"), schema || "noschema", owner, text(state, "objectType")].join("_");
  return {
    id,
    state: withGranted(
      state,
      rows.map(({ word }) => word),
    ),
  };
}

function revokeStatement(state: Props): string {
  return `${alter(state)} REVOKE ALL ON ${plural(state)} FROM ${escapeIdentifier(text(state, "role"))}`;
}

function alter(state: Props): string {
  const schema = text(state, "schema");
  const place = schema === "" ? "" : ` IN SCHEMA ${escapeIdentifier(schema)}`;
  return `ALTER DEFAULT PRIVILEGES FOR ROLE ${escapeIdentifier(text(state, "owner"))}${place}`;
}

function plural(state: Props): string {
  const objectType = text(state, "objectType");
  if (!(objectType in OBJECT_TYPES)) {
    throw new Error(
      `Default privileges have objectType ${objectType}. Give one of ${Object.keys(OBJECT_TYPES).join(", ")}.`,
    );
  }
  return `${objectType.toUpperCase()}S`;
}
