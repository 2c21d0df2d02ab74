import { escapeIdentifier } from "pg";
import type { Props } from "../providerHost.ts";
import type { Server } from "./connection.ts";
import { type Found, flag, type ResourceType, text } from "./resourceType.ts";

/** A membership. Source: postgresql/resource_postgresql_grant_role.go of the Terraform provider that the plugin wraps. */
export const grantRoles: ResourceType = {
  token: "postgresql:index/grantRole:GrantRole",
  importable: false,
  properties: {
    role: { kind: "string", required: true, replaces: true },
    grantRole: { kind: "string", required: true, replaces: true },
    withAdminOption: { kind: "boolean", default: false, replaces: true },
  },

  async create(server, wanted) {
    await server.transaction("", async (query) => {
      await query(revoke(wanted));
      await query(
        `GRANT ${escapeIdentifier(text(wanted, "grantRole"))} TO ${escapeIdentifier(text(wanted, "role"))}` +
          (flag(wanted, "withAdminOption") ? " WITH ADMIN OPTION" : ""),
      );
    });
  },

  read,

  async delete(server, state) {
    await server.transaction("", (query) => query(revoke(state)));
  },
};

async function read(server: Server, _id: string, state: Props): Promise<Found | undefined> {
  const [role, granted] = [text(state, "role"), text(state, "grantRole")];
  const rows = await server.session("", (query) =>
    query<{ admin: boolean }>(
      "SELECT admin_option AS admin FROM pg_auth_members WHERE pg_get_userbyid(member) = $1 AND pg_get_userbyid(roleid) = $2",
      [role, granted],
    ),
  );
  if (!rows[0]) return undefined;
  const withAdminOption = rows[0].admin;
  return { id: [role, granted, withAdminOption].join("_"), state: { ...state, withAdminOption } };
}

function revoke(state: Props): string {
  return `REVOKE ${escapeIdentifier(text(state, "grantRole"))} FROM ${escapeIdentifier(text(state, "role"))}`;
}
