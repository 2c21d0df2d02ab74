import { readFileSync } from "node:fs";
import { requireOwnDatabase } from "../access/databaseOwner.ts";
import { databaseNameProblem } from "../access/schemaName.ts";
import { administratorsProblem } from "../postgres/administrator.ts";
import { type Session, withAdminSession } from "../postgres/adminSession.ts";
import type { Subject } from "../postgres/errorLocation.ts";
import { fieldDiff, UNKNOWN } from "../postgres/fieldDiff.ts";
import { perform, report } from "../postgres/operation.ts";
import { identifier } from "../postgres/quoting.ts";

/** What the engine calls, by way of the stub in `databaseGuard.ts`. */

/** The inputs as the engine hands them over. */
export interface GuardInputs extends Subject {
  caCertFile?: string;
  /** Whether PUBLIC is kept out; after a refresh, whether that is so. */
  closes?: boolean;
  extensions?: string[];
  giveBack?: boolean;
}

/** The state. */
export interface GuardState extends GuardInputs {
  /** With `giveBack`, what PUBLIC could do before: words of PostgreSQL, such as CONNECT. */
  former?: string[];
}

export async function check(_olds: GuardInputs, news: GuardInputs) {
  const failures: { property: string; reason: string }[] = [];
  const named = news.database === UNKNOWN ? undefined : databaseNameProblem(news.database);
  if (named) failures.push({ property: "database", reason: named });
  const listed: unknown = news.administrators;
  const odd = Array.isArray(listed) ? administratorsProblem(listed, UNKNOWN) : undefined;
  if (odd) failures.push({ property: "administrators", reason: odd });
  return { inputs: news, failures };
}

/** Everything else is done in place, or only says how to look. */
export async function diff(_id: string, { former: _, ...olds }: GuardState, news: GuardInputs) {
  return fieldDiff(olds, news, ["host", "database"]);
}

/** @throws {UserError} EP-ACCESS-02 for a database of another owner */
export async function create(inputs: GuardInputs): Promise<{ id: string; outs: GuardState }> {
  const former = await inDatabase(inputs, "looking at the database", async (session) => {
    await requireOwnDatabase(session, inputs);
    const rights = await rightsOfPublic(session);
    if (inputs.closes) await close(session, inputs);
    return rights;
  });
  const outs = inputs.giveBack && former ? { ...inputs, former } : inputs;
  return { id: `${inputs.host}/${inputs.database}`, outs };
}

export async function update(_id: string, { former }: GuardState, news: GuardInputs) {
  if (news.closes) await inDatabase(news, "closing the database", (session) => close(session, news));
  return { outs: former && news.giveBack ? { ...news, former } : news };
}

/** A database that was opened to PUBLIC outside Pulumi differs in `closes`. */
export async function read(id: string, props: GuardState) {
  if (!props.closes) return { id, props };
  const rights = await inDatabase(props, "looking at the database", rightsOfPublic);
  return { id, props: { ...props, closes: (rights ?? []).length === 0 } };
}

/** Gives PUBLIC back what it had. */
export async function remove(_id: string, { former = [], ...inputs }: GuardState): Promise<void> {
  if (former.length === 0) return;
  await inDatabase(inputs, "giving PUBLIC its rights back", async (session) => {
    await session.query(`GRANT ${former.join(", ")} ON DATABASE ${identifier(inputs.database)} TO PUBLIC`);
  });
}

function inDatabase<T>(inputs: GuardInputs, step: string, work: (session: Session) => Promise<T>) {
  const caCert = inputs.caCertFile ? { caCert: readFileSync(inputs.caCertFile, "utf8") } : {};
  return perform({ step, inputs, report }, (one) => withAdminSession({ ...inputs, ...caCert }, one.deadline, work));
}

async function close(session: Session, { database, extensions = [] }: GuardInputs): Promise<void> {
  await session.query(`REVOKE ALL ON DATABASE ${identifier(database)} FROM PUBLIC`);
  for (const name of extensions) {
    await session.query(`CREATE EXTENSION IF NOT EXISTS ${identifier(name)} WITH SCHEMA public`);
  }
}

/** What every role can do in the session's database. Without a list of rights PostgreSQL gives its default ones. */
async function rightsOfPublic(session: Session): Promise<string[]> {
  const { rows } = await session.query<{ right: string }>(
    `SELECT a.privilege_type AS right FROM pg_catalog.pg_database d,
            pg_catalog.aclexplode(coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))) a
      WHERE d.datname = pg_catalog.current_database() AND a.grantee = 0 AND NOT a.is_grantable ORDER BY 1`,
  );
  return rows.map(({ right }) => right);
}
