import pg from "pg";
import type { Directory } from "../entra/directory.ts";
import { parseLabel } from "./accessToken.ts";
import type { Cluster } from "./cluster.ts";
import { labelledRole, labelledRoles, roleExists } from "./roles.ts";

/** An Entra administrator, as Azure's API describes one. */
export interface Administrator {
  /** Name of the role. */
  principalName: string;
  objectId: string;
  principalType: "User" | "Group" | "ServicePrincipal";
  tenantId: string;
}

const PRINCIPAL_TYPES = { User: "user", Group: "group", ServicePrincipal: "service" } as const;

/** The Entra administrators of one server. Each is a role that the server's database keeps. */
export class Administrators {
  /** What becomes of a removed administrator's role: with `true` it is dropped with what it owns and has granted. Which of them Azure does is not known. */
  dropsRoles = false;
  readonly #cluster: Cluster;
  readonly #directory: Directory;
  readonly #serverName: string;

  constructor(cluster: Cluster, directory: Directory, serverName: string) {
    this.#cluster = cluster;
    this.#directory = directory;
    this.#serverName = serverName;
  }

  /** Whether there is one. */
  async exist(): Promise<boolean> {
    return (await labelledRoles(this.#cluster)).some(({ label }) => parseLabel(label)?.admin);
  }

  /**
   * Makes a principal an administrator: a role with CREATEROLE and CREATEDB that is a member of azure_pg_admin.
   * @throws Error when the directory has no such principal, or the principal or the role name is in use otherwise
   */
  async add(administrator: Administrator): Promise<void> {
    const { principalName: name, principalType, tenantId } = administrator;
    const objectId = administrator.objectId.toLowerCase();
    const type = PRINCIPAL_TYPES[principalType];
    if (type === undefined) {
      throw new Error(`The administrator ${name} has the type ${principalType}; give User, Group or ServicePrincipal.`);
    }
    if (tenantId.toLowerCase() !== this.#directory.tenantId) {
      throw new Error(
        `The administrator ${name} is of the tenant ${tenantId}, not of the server's, ${this.#directory.tenantId}.`,
      );
    }
    const holder = (await labelledRoles(this.#cluster)).find(({ label }) => parseLabel(label)?.oid === objectId);
    if (holder?.name === name && parseLabel(holder.label)?.admin) return;
    const taken = holder ?? (await labelledRole(this.#cluster, name));
    if (taken) {
      throw new Error(
        "Failed to create Microsoft Entra principal. Reason: 'Updating an existing principal isn't supported. " +
          `Drop and recreate the Microsoft Entra principal.' The role ${pg.escapeIdentifier(taken.name)} of the server ` +
          `${this.#serverName} has the label ${taken.label}.`,
      );
    }
    const verb = (await roleExists(this.#cluster, name)) ? "update" : "create";
    await this.#cluster.query(`SELECT pgaadauth_${verb}_principal_with_oid($1, $2, $3, true, false)`, [
      name,
      objectId,
      type,
    ]);
    if (verb === "update") await this.#cluster.query(`ALTER ROLE ${pg.escapeIdentifier(name)} LOGIN`);
  }

  /** Takes an administrator's rights and sessions away. An unknown object id is no error. */
  async remove(objectId: string): Promise<void> {
    const roles = await labelledRoles(this.#cluster);
    const role = roles.find(({ label }) => {
      const binding = parseLabel(label);
      return binding?.admin && binding.oid === objectId.toLowerCase();
    });
    if (role && this.dropsRoles) await dropOwned(this.#cluster, role.name);
    if (role) await dropAdministrator(this.#cluster, role.name);
  }
}

async function dropOwned(cluster: Cluster, name: string): Promise<void> {
  const databases = await cluster.query<{ datname: string }>("SELECT datname FROM pg_database WHERE datallowconn");
  for (const { datname } of databases) {
    await cluster.inDatabase(datname, async (client) => {
      await client.query(`REASSIGN OWNED BY ${pg.escapeIdentifier(name)} TO azure_pg_admin`);
      await client.query(`DROP OWNED BY ${pg.escapeIdentifier(name)} CASCADE`);
    });
  }
}

/**
 * Takes an administrator's role away. One that owns something, or has granted something, cannot be dropped: it stays, without
 * login, without rights and bound to nobody.
 */
async function dropAdministrator(cluster: Cluster, name: string): Promise<void> {
  const role = pg.escapeIdentifier(name);
  await cluster.query(
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = $1 AND pid <> pg_backend_pid()",
    [name],
  );
  try {
    await cluster.query(`DROP ROLE ${role}`);
  } catch (error) {
    if ((error as pg.DatabaseError).code !== "2BP01") throw error;
    await cluster.query(`REVOKE azure_pg_admin FROM ${role} CASCADE`);
    await cluster.query(`ALTER ROLE ${role} NOLOGIN NOCREATEROLE NOCREATEDB`);
    await cluster.query(
      `DELETE FROM pg_shseclabel WHERE provider = 'pgaadauth' AND classoid = 'pg_authid'::regclass
        AND objoid = (SELECT oid FROM pg_authid WHERE rolname::text = $1)`,
      [name],
    );
  }
}
