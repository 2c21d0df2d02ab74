import type { Props } from "../providerHost.ts";
import { grantType, roleOid, targetExists, withGranted } from "./grantType.ts";
import { exists, lockRole, withRoles } from "./memberships.ts";
import { privilegeWords } from "./privileges.ts";
import { PROPERTIES } from "./properties.ts";
import { flag, quoted, text, texts } from "./resourceType.ts";

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
export const defaultPrivileges = grantType({
  token: "postgresql:index/defaultPrivileges:DefaultPrivileges",
  properties: {
    ...PROPERTIES.DefaultPrivileges,
    objectType: { ...PROPERTIES.DefaultPrivileges.objectType, kind: "string", values: Object.keys(OBJECT_TYPES) },
  },

  async transaction(server, state, work) {
    const owner = text(state, "owner");
    await server.transaction(text(state, "database"), async (query) => {
      await lockRole(query, owner);
      await withRoles(query, [owner], () => work(query));
    });
  },

  grant(wanted) {
    const objectType = text(wanted, "objectType");
    if (text(wanted, "schema") !== "" && objectType === "schema") {
      throw new Error("Default privileges with objectType schema cannot have a schema. Remove schema.");
    }
    if (flag(wanted, "withGrantOption") && text(wanted, "role").toLowerCase() === "public") {
      throw new Error("Default privileges for public cannot have withGrantOption: true. Remove withGrantOption.");
    }
    const privileges = privilegeWords(objectType, texts(wanted, "privileges"));
    const option = flag(wanted, "withGrantOption") ? " WITH GRANT OPTION" : "";
    return privileges === "" ? undefined : `${alter(wanted, `GRANT ${privileges}`, "TO")}${option}`;
  },

  revoke: (state) => alter(state, "REVOKE ALL", "FROM"),

  async read(server, _id, state) {
    const database = text(state, "database");
    if (!(await server.session("", (query) => exists(query, "database", database)))) return undefined;
    const [role, owner, schema] = [text(state, "role"), text(state, "owner"), text(state, "schema")];
    const objectType = text(state, "objectType");
    return await server.session(database, async (query) => {
      if (!(await targetExists(query, state))) return undefined;
      const rows = await query<{ word: string }>(
        `SELECT DISTINCT a.privilege_type AS word FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace,
          aclexplode(d.defaclacl) a
        WHERE d.defaclobjtype = $1 AND a.grantee = $2 AND pg_get_userbyid(a.grantor) = $3 AND coalesce(n.nspname, '') = $4
        ORDER BY 1`,
        [OBJECT_TYPES[objectType], await roleOid(query, role), owner, schema],
      );
      if (rows.length === 0 && texts(state, "privileges").length > 0) return undefined;
      const granted = rows.map(({ word }) => word);
      const id = [role, database, schema || "noschema", owner, objectType].join("_");
      return { id, state: withGranted(state, granted) };
    });
  },

  whyMissing: (wanted) => `the owner ${text(wanted, "owner")} has these privileges itself. Name another role.`,
});

function alter(state: Props, verb: string, preposition: string): string {
  const schema = text(state, "schema") === "" ? "" : ` IN SCHEMA ${quoted(state, "schema")}`;
  const objects = `${text(state, "objectType").toUpperCase()}S`;
  return (
    `ALTER DEFAULT PRIVILEGES FOR ROLE ${quoted(state, "owner")}${schema} ` +
    `${verb} ON ${objects} ${preposition} ${quoted(state, "role")}`
  );
}
