import assert from "node:assert/strict";

/** What the catalogs say of a role. */
export interface CatalogRole {
  oid: string;
  canLogin: boolean;
  createRole: boolean;
  createDatabase: boolean;
  label: string | null;
  memberOf: string[];
  comment: string | null;
}

/** Roles that are there before any row runs. */
const BASE = /^(pg_.*|azure.*|entra_postgres_grantor_.*|replication|admin|canary)$/;

/** What PostgreSQL itself says of the roles, asked as the service, from which nothing is hidden. */
export abstract class Catalogs {
  /** Runs statements as the service itself, which nothing refuses. */
  abstract service(statements: string, database?: string): Promise<Record<string, unknown>[]>;

  /** The names of all roles but the service's own, the administrator and the canary. */
  async roles(): Promise<string[]> {
    const rows = await this.service("SELECT rolname::text AS name FROM pg_roles ORDER BY 1");
    return rows.map(({ name }) => String(name)).filter((name) => !BASE.test(name));
  }

  /** What the catalogs say of the role of that name; undefined when there is none. */
  async role(name: string): Promise<CatalogRole | undefined> {
    const literal = `'${name.replaceAll("'", "''")}'`;
    const [row] = await this.service(
      `SELECT r.oid::text, rolcanlogin AS "canLogin", rolcreaterole AS "createRole", rolcreatedb AS "createDatabase",
              (SELECT label FROM pg_shseclabel WHERE objoid = r.oid AND provider = 'pgaadauth') AS label,
              shobj_description(r.oid, 'pg_authid') AS comment,
              array(SELECT g.rolname::text FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
                     WHERE m.member = r.oid ORDER BY 1) AS "memberOf"
         FROM pg_authid r WHERE rolname::text = ${literal}`,
    );
    return row as CatalogRole | undefined;
  }

  /** The object id that the role of that name is bound to. */
  async boundTo(name: string): Promise<string | undefined> {
    return /oid=([0-9a-f-]+)/.exec((await this.role(name))?.label ?? "")?.[1];
  }

  /** Nothing that no row may touch was touched. */
  async canaryLives(): Promise<void> {
    assert.deepEqual(await this.service("SELECT n FROM canary"), [{ n: 1 }]);
    const canary = await this.role("canary");
    assert.deepEqual([canary?.canLogin, canary?.createRole, canary?.label, canary?.memberOf], [false, false, null, []]);
  }

  /** The role is gone, with its grants, default privileges and sessions. */
  async isGone(name: string, oid: string): Promise<void> {
    assert.equal(await this.role(name), undefined);
    const [left] = await this.service(
      `SELECT (SELECT count(*)::int FROM pg_shdepend WHERE refobjid = ${Number(oid)} AND refclassid = 'pg_authid'::regclass) AS dependencies,
              (SELECT count(*)::int FROM pg_stat_activity WHERE usesysid = ${Number(oid)}) AS sessions,
              (SELECT count(*)::int FROM pg_shseclabel WHERE objoid = ${Number(oid)}) AS labels`,
    );
    assert.deepEqual(left, { dependencies: 0, sessions: 0, labels: 0 });
  }
}
