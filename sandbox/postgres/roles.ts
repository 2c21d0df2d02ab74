import { readFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import type { Cluster, SUPERUSER } from "./cluster.ts";

/** Databases that Azure has on each server. No role can connect to azure_maintenance. */
export const SYSTEM_DATABASES = ["postgres", "azure_maintenance", "azure_sys"];

/** Makes a new cluster like a new server on Azure: its roles, its databases and the owner of schema `public`. */
export async function prepareServer(cluster: Cluster): Promise<void> {
  await cluster.query("CREATE ROLE azure_pg_admin NOLOGIN");
  await cluster.query("GRANT pg_monitor, pg_signal_backend, pg_checkpoint TO azure_pg_admin WITH ADMIN TRUE");
  await cluster.query("CREATE ROLE replication WITH LOGIN REPLICATION");
  for (const database of ["template1", "postgres"]) {
    await cluster.inDatabase(database, (client) => client.query("ALTER SCHEMA public OWNER TO azure_pg_admin"));
    await cluster.inDatabase(database, (client) =>
      client.query(readFileSync(join(import.meta.dirname, "extensions.sql"), "utf8")),
    );
  }
  await cluster.query("CREATE DATABASE azure_maintenance");
  await cluster.query("REVOKE ALL ON DATABASE azure_maintenance FROM PUBLIC");
  await cluster.query("CREATE DATABASE azure_sys");
}

/** A role and the security label that binds it to a principal. */
export interface LabelledRole {
  name: string;
  label: string;
}

const LABELLED = `SELECT r.rolname AS name, l.label FROM pg_authid r JOIN pg_shseclabel l
  ON l.objoid = r.oid AND l.classoid = 'pg_authid'::regclass AND l.provider = 'pgaadauth' WHERE NOT r.rolsuper`;

/** The role of this name, if it is bound to a principal. */
export async function labelledRole(cluster: Cluster, name: string): Promise<LabelledRole | undefined> {
  // Compared as text, because the type name would cut a long name off.
  return (await cluster.query<LabelledRole>(`${LABELLED} AND r.rolname::text = $1`, [name]))[0];
}

/** Every role that is bound to a principal. */
export async function labelledRoles(cluster: Cluster): Promise<LabelledRole[]> {
  return await cluster.query<LabelledRole>(`${LABELLED} ORDER BY r.rolname`);
}

export async function roleExists(cluster: Cluster, name: string): Promise<boolean> {
  return (await cluster.query("SELECT FROM pg_roles WHERE rolname::text = $1", [name])).length > 0;
}

/**
 * Makes a database from template1.
 * @param charset UTF8 is the only one. @default "UTF8"
 * @param collation texts sort by code point, whatever it is. @default "en_US.utf8"
 * @throws Error for a name that is taken or that PostgreSQL would cut off, and for a character set or a collation that the sandbox does not have
 */
export async function makeDatabase(
  cluster: Cluster,
  name: string,
  owner: "azure_pg_admin" | typeof SUPERUSER,
  charset = "UTF8",
  collation = "en_US.utf8",
): Promise<void> {
  const bytes = Buffer.byteLength(name);
  if (bytes < 1 || bytes > 63) {
    throw new Error(`The database name ${JSON.stringify(name)} has ${bytes} bytes; PostgreSQL allows 1 to 63.`);
  }
  if (!/^utf-?8$/i.test(charset)) {
    throw new Error(`The database ${name} asks for the character set ${charset}; the sandbox has UTF8 only.`);
  }
  if (!/^(C|POSIX|[A-Za-z]{2,3}(_[A-Za-z]{2})?\.utf-?8|C\.utf-?8)$/i.test(collation)) {
    throw new Error(
      `The database ${name} asks for the collation ${collation}; give one for UTF-8, such as en_US.utf8.`,
    );
  }
  await cluster.query(`CREATE DATABASE ${pg.escapeIdentifier(name)} OWNER ${owner}`);
}
