import { grantType } from "./grantType.ts";
import { PROPERTIES } from "./properties.ts";
import { flag, quoted, text } from "./resourceType.ts";

/** A membership. Source: postgresql/resource_postgresql_grant_role.go of the Terraform provider that the plugin wraps. */
export const grantRoles = grantType({
  token: "postgresql:index/grantRole:GrantRole",
  properties: PROPERTIES.GrantRole,

  transaction: (server, _state, work) => server.transaction("", work),

  grant(wanted) {
    const option = flag(wanted, "withAdminOption") ? " WITH ADMIN OPTION" : "";
    return `GRANT ${quoted(wanted, "grantRole")} TO ${quoted(wanted, "role")}${option}`;
  },

  revoke: (state) => `REVOKE ${quoted(state, "grantRole")} FROM ${quoted(state, "role")}`,

  async read(server, _id, state) {
    const [role, granted] = [text(state, "role"), text(state, "grantRole")];
    const sql =
      "SELECT admin_option AS admin FROM pg_auth_members WHERE pg_get_userbyid(member) = $1 AND pg_get_userbyid(roleid) = $2";
    const [found] = await server.session("", (query) => query(sql, [role, granted]));
    if (!found) return undefined;
    return { id: [role, granted, found.admin].join("_"), state: { ...state, withAdminOption: found.admin } };
  },
});
