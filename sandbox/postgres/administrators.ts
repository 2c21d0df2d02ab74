import pg from "pg";
import type { Directory } from "../entra/directory.ts";
import { parseLabel } from "./accessToken.ts";
import type { Cluster } from "./cluster.ts";
import { labelledRoles, roleExists } from "./roles.ts";

/** An Entra administrator, as Azure's API describes one. */
export interface Administrator {
  /** Name of the role. */
  principalName: string;
  objectId: string;
  principalType: "User" | "Group" | "ServicePrincipal";
  tenantId: string;
}

const PRINCIPAL_TYPES = { User: "user", Group: "group", ServicePrincipal: "service" } as const;

/** The Entra administrators of one server. Each is a role in the server's database. */
export class Administrators {
  /** Whether a removed administrator's role is dropped with what it owns and has granted. Whether Azure does that is not known. */
  dropsRoles = false;
  readonly #cluster: Cluster;
  readonly #directory: Directory;
  readonly #serverName: string;

  constructor(cluster: Cluster, directory: Directory, serverName: string) {
    this.#cluster = cluster;
    this.#directory = directory;
    this.#serverName = serverName;
  }

  /** How many the server has. */
  async count(): Promise<number> {
    return (await this.#bound()).filter(({ admin }) => admin).length;
  }

  /**
   * Makes a principal an administrator: a role with CREATEROLE and CREATEDB that is a member of azure_pg_admin.
   * @throws Error when the directory has no such principal, or another role has the principal, or another principal the role
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
    const roles = await this.#bound();
    const taken = roles.find((role) => role.oid === objectId) ?? roles.find((role) => role.name === name);
    if (taken?.admin && taken.oid === objectId && taken.name === name) return;
    if (taken) {
      throw new Error(
        "Failed to create Microsoft Entra principal. Reason: 'Updating an existing principal isn't supported. " +
          `Drop and recreate the Microsoft Entra principal.' The role ${pg.escapeIdentifier(taken.name)} of the server ` +
          `${this.#serverName} has the label ${taken.label}.`,
      );
    }
    const verb = (await roleExists(this.#cluster, name)) ? "update" : "create";
    const make = `SELECT pgaadauth_${verb}_principal_with_oid($1, $2, $3, true, false)`;
    await this.#cluster.query(make, [name, objectId, type]);
    if (verb === "update") await this.#cluster.query(`ALTER ROLE ${pg.escapeIdentifier(name)} LOGIN`);
  }

  /** Removes an administrator's rights and sessions. An unknown object id is not an error. */
  async remove(objectId: string): Promise<void> {
    const role = (await this.#bound()).find(({ admin, oid }) => admin && oid === objectId.toLowerCase());
    if (!role) return;
    if (this.dropsRoles) await dropOwned(this.#cluster, role.name);
    await dropAdministrator(this.#cluster, role.name);
  }

  async #bound() {
    return (await labelledRoles(this.#cluster)).map((role) => ({ ...role, ...parseLabel(role.label) }));
  }
}

async function dropOwned(cluster: Cluster, name: string): Promise<void> {
  const role = pg.escapeIdentifier(name);
  const databases = await cluster.query<{ datname: string }>("SELECT datname FROM pg_database WHERE datallowconn");
  for (const { datname } of databases) {
    await cluster.inDatabase(datname, async (client) => {
      await client.query(`REASSIGN OWNED BY ${role} TO azure_pg_admin; DROP OWNED BY ${role} CASCADE`);
    });
  }
}

/**
 * Drops an administrator's role. PostgreSQL does not drop a role that owns or has granted something: such a role stays, without login, rights and
 * principal.
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
