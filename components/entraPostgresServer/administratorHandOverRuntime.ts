import { serverIsGone } from "../azure/flexibleServer.ts";
import { sameGuid } from "../azure/objectId.ts";
import { UserError } from "../errors/userError.ts";
import type { Administrator } from "../postgres/administrator.ts";
import { inTransaction, type Session, withAdminSession } from "../postgres/adminSession.ts";
import { errorLocation, type Subject } from "../postgres/errorLocation.ts";
import { fieldDiff, UNKNOWN } from "../postgres/fieldDiff.ts";
import { ensureGrantorRole, giveAdmin, takeOverMemberships } from "../postgres/grantorRole.ts";
import { currentLogin } from "../postgres/login.ts";
import { perform, report } from "../postgres/operation.ts";
import { canRebind } from "../principal/catalog.ts";
import { rebindByFunction } from "../principal/roleStatements.ts";
import { membershipsOf, unmanagedWithout } from "./independence.ts";

/** What the engine calls, by way of the stub in `administratorHandOver.ts`. */

/** The inputs as the engine hands them over. */
export interface HandOverInputs extends Subject {
  administrators: Administrator[];
  serverId: string;
}

export async function check(_olds: HandOverInputs, news: HandOverInputs) {
  return { inputs: news, failures: [] };
}

/** @throws {UserError} EP-SERVER-02 where an administrator keeps its object id and changes its name or type */
export async function diff(_id: string, olds: HandOverInputs, news: HandOverInputs) {
  const administrators: unknown = news.administrators;
  const known = Array.isArray(administrators) ? news.administrators.filter((one) => (one as unknown) !== UNKNOWN) : [];
  for (const one of known) {
    const before = olds.administrators.find(({ objectId }) => sameGuid(objectId, one.objectId));
    if (before && (before.name !== one.name || before.type !== one.type)) throw renamed(olds, before, one);
  }
  return fieldDiff(olds, news, ["host"]);
}

function renamed(inputs: HandOverInputs, before: Administrator, after: Administrator): UserError {
  const others = inputs.administrators.filter((one) => one !== before);
  const [other] = others;
  const begin = other
    ? `1. log in as "${other.name}"`
    : "1. add another administrator, best a group (moreAdministrators), run `pulumi up`, and log in as it";
  return new UserError({
    code: "EP-SERVER-02",
    step: `changing the administrator ${before.objectId}`,
    at: errorLocation(inputs),
    expected: `name "${before.name}" and type ${before.type}, as Azure has it`,
    found: `name "${after.name}" and type ${after.type}`,
    remedy: `${begin}; 2. take "${before.name}" out of the configuration and run \`pulumi up\`; 3. add "${after.name}" and run \`pulumi up\``,
  });
}

export async function create(inputs: HandOverInputs): Promise<{ id: string; outs: HandOverInputs }> {
  return { id: inputs.host, outs: inputs };
}

/** @throws {UserError} EP-SERVER-03 for a login that does not stay an administrator, EP-SERVER-04 for roles that nobody else could manage */
export async function update(_id: string, olds: HandOverInputs, news: HandOverInputs) {
  const removed = olds.administrators.filter(
    ({ objectId }) => !news.administrators.some((one) => sameGuid(one.objectId, objectId)),
  );
  const before = await currentLogin(olds.administrators);
  const after = await currentLogin(news.administrators);
  const all = [...news.administrators, ...removed];
  if (before !== undefined && before !== after) await handOver(olds, before, all);
  if (after === undefined && before !== undefined) throw staysNot(news, before);
  if (after !== undefined) await handOver(news, after, all);
  if (removed.length > 0) await requireIndependence(news, removed);
  return { outs: news };
}

/** As one administrator: takes over what the package manages, and lets all others manage it, too. */
async function handOver(inputs: HandOverInputs, login: string, all: readonly Administrator[]): Promise<void> {
  await inSession({ ...inputs, adminUser: login }, "handing over the administration", async (session) => {
    await inTransaction(session, async () => {
      const roles = await managedRoles(session);
      if (roles.length === 0) return;
      const names = all.map(({ name }) => name);
      const grantorRole = await ensureGrantorRole(session, names);
      await takeOverPrincipals(session, roles);
      await giveAdmin(session, roles, grantorRole, errorLocation(inputs));
      await takeOverMemberships(session, roles, grantorRole);
    });
  });
}

/**
 * Has the server bind each principal's role to the same identity again: on a server that gives ADMIN on it to the administrator who created it, and
 * to nobody else, that gives it to this one. No role's ADMIN that another administrator passed on outlives that one.
 */
async function takeOverPrincipals(session: Session, roles: readonly string[]): Promise<void> {
  if (!(await canRebind(session))) return;
  const { rows } = await session.query<{ name: string; objectid: string; type: string; ismfa: boolean }>(
    `SELECT p.rolname::text AS name, p.objectid::text AS objectid, p.principaltype::text AS type,
            coalesce(p.ismfa::text IN ('1', 't', 'true'), false) AS ismfa
       FROM pg_catalog.pgaadauth_list_principals(false) AS p(rolname, principaltype, objectid, tenantid, ismfa, isadmin)
       JOIN pg_catalog.pg_roles r ON r.rolname::text = p.rolname::text
      WHERE r.rolname::text = ANY ($1::text[]) AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles g ON g.oid = m.grantor
         WHERE m.roleid = r.oid AND m.admin_option AND g.rolsuper AND pg_catalog.pg_has_role(m.member, 'USAGE'))`,
    [roles],
  );
  for (const { name, objectid, type, ismfa } of rows) {
    const binding = { roleName: name, objectId: objectid, principalType: type, isAdmin: false, isMfa: ismfa };
    await rebindByFunction(session, binding);
  }
}

/** Roles with an owner mark that are not administrators themselves. */
async function managedRoles(session: Session): Promise<string[]> {
  const { rows } = await session.query<{ name: string }>(
    `SELECT r.rolname::text AS name FROM pg_catalog.pg_roles r
      WHERE pg_catalog.shobj_description(r.oid, 'pg_authid') ~ '\\[entra-postgres owner=' AND NOT r.rolcreaterole ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}

async function requireIndependence(inputs: HandOverInputs, removed: readonly Administrator[]): Promise<void> {
  await inSession(inputs, "removing an administrator", async (session) => {
    const roles = await managedRoles(session);
    const staying = inputs.administrators.map(({ name }) => name);
    const leaving = removed.map(({ name }) => name);
    const lost = unmanagedWithout(await membershipsOf(session), { roles, staying, leaving });
    if (lost.length === 0) return;
    const [first] = inputs.administrators;
    throw new UserError({
      code: "EP-SERVER-04",
      step: `removing the administrator ${leaving.map((name) => `"${name}"`).join(", ")}`,
      at: errorLocation(inputs),
      expected: `${staying.map((name) => `"${name}"`).join(" or ")} to be able to manage every role alone`,
      found: `these roles depend on the removed administrator: ${lost.join(", ")}`,
      remedy: `keep the administrator, run \`pulumi up\` logged in as "${first?.name ?? ""}", which takes the roles over, then remove it`,
    });
  });
}

function staysNot(inputs: HandOverInputs, login: string): UserError {
  const names = inputs.administrators.map(({ name }) => `"${name}"`).join(" or ");
  return new UserError({
    code: "EP-SERVER-03",
    step: `removing the administrator "${login}"`,
    at: errorLocation(inputs),
    expected: "the login of an administrator that stays",
    found: `this login is "${login}"; the roles are handed over, and nothing was removed`,
    remedy: `log in as ${names} and run \`pulumi up\` again`,
  });
}

/** A server that is gone has nothing to hand over. */
async function inSession(
  inputs: HandOverInputs,
  step: string,
  work: (session: Session) => Promise<void>,
): Promise<void> {
  const onFailure = async (
    ...[failure, deadline]: Parameters<NonNullable<Parameters<typeof perform>[0]["onFailure"]>>
  ) => ((await serverIsGone(inputs.serverId, failure, deadline)) ? ({ done: true } as const) : undefined);
  await perform({ step, inputs, report, onFailure }, (one) => withAdminSession(inputs, one.deadline, work));
}

export async function read(id: string, props: HandOverInputs) {
  return { id, props };
}

export async function remove(): Promise<void> {}
