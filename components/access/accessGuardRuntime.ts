import { readFileSync } from "node:fs";
import type { dynamic } from "@pulumi/pulumi";
import { serverIsGone } from "../azure/flexibleServer.ts";
import { UserError } from "../errors/userError.ts";
import { administratorsProblem } from "../postgres/administrator.ts";
import { type Session, withAdminSession } from "../postgres/adminSession.ts";
import { errorLocation, type Subject } from "../postgres/errorLocation.ts";
import { fieldDiff, UNKNOWN } from "../postgres/fieldDiff.ts";
import { type Operation, perform, report } from "../postgres/operation.ts";
import { identifier } from "../postgres/quoting.ts";
import { type GrantedRights, restore, restoring, rightsDrift } from "./rightsDrift.ts";
import { contentsOf, findDatabase, type Owner, schemaOwner } from "./schemaCatalog.ts";
import { databaseNameProblem, profileRoleProblem, schemaNameProblem } from "./schemaName.ts";

/** What the engine calls, by way of the stub in `accessGuard.ts`. */

/** The inputs as the engine hands them over. */
export interface GuardInputs extends Subject {
  duty: string;
  /** Absent for the duty `close`. */
  schema?: string;
  roles?: string[];
  onDelete?: string;
  caCertFile?: string;
  serverId?: string;
  /** Grants beside those of the profiles, for `keep`. */
  grants?: GrantedRights["grants"];
  /** For `keep`: none, and on a refresh the rights that were changed outside Pulumi. */
  drift?: string[];
}

/** What may become of a schema that holds something. */
export const ON_DELETE = ["refuse", "drop", "retain"];
/** Duties that let no schema go that holds something. */
const LEAVING = ["keep", "leave"];
/** Names of objects that an error lists; the rest is counted. */
const LISTED = 5;
/** The same of rights, in an error and on a refresh. */
const RIGHTS_LISTED = 10;
const RIGHTS_SHOWN = 20;
const NO_SUCH_DATABASE = "3D000";
const KEEPING = "looking after the schema's rights";

export async function check(_olds: GuardInputs, news: GuardInputs) {
  const failures: { property: string; reason: string }[] = [];
  const require = (property: string, value: unknown, problem: (value: string) => string | undefined) => {
    const reason = typeof value === "string" && value !== UNKNOWN ? problem(value) : undefined;
    if (reason) failures.push({ property, reason });
  };
  require("schema", news.schema, schemaNameProblem);
  require("database", news.database, databaseNameProblem);
  for (const role of Array.isArray(news.roles) ? news.roles : []) {
    require("rolePrefix", role, profileRoleProblem);
  }
  const listed: unknown = news.administrators;
  const odd = Array.isArray(listed) ? administratorsProblem(listed, UNKNOWN) : undefined;
  if (odd) failures.push({ property: "administrators", reason: odd });
  require("onDelete", news.onDelete, (word) =>
    ON_DELETE.includes(word) ? undefined : `${JSON.stringify(word)} is not one of: ${ON_DELETE.join(", ")}`);
  return { inputs: news, failures };
}

/** Where the schema is makes it another one; everything else only says how to look. */
const REPLACING = ["host", "database", "schema"] as const;

export async function diff(_id: string, olds: GuardInputs, news: GuardInputs) {
  return fieldDiff(olds, news, REPLACING);
}

const LOOKS: Record<string, { step: string; look: (session: Session, inputs: GuardInputs) => Promise<void> }> = {
  close: { step: "closing the database", look: requireOwnDatabase },
  claim: { step: "claiming the schema", look: requireFree },
  keep: { step: KEEPING, look: requireMeantRights },
};

/** @throws {UserError} when the database or the schema is somebody else's, or somebody else was given rights in it */
export async function create(inputs: GuardInputs): Promise<{ id: string; outs: GuardInputs }> {
  await lookFirst(inputs);
  const parts = [inputs.host, inputs.database, ...(inputs.schema === undefined ? [] : [inputs.schema])];
  return { id: parts.join("/"), outs: inputs };
}

/** @throws {UserError} when somebody else was given rights in the schema */
export async function update(_id: string, _olds: GuardInputs, news: GuardInputs) {
  if (news.duty === "keep") {
    await lookFirst(news);
  }
  return { outs: news };
}

async function lookFirst(inputs: GuardInputs): Promise<void> {
  const first = LOOKS[inputs.duty];
  if (first) {
    await perform({ step: first.step, inputs, report }, (one) =>
      withAdminSession(endpoint(inputs), one.deadline, (session) => first.look(session, inputs)),
    );
  }
}

/** On refresh: the rights that were changed outside Pulumi, so that the engine shows a difference. */
export async function read(id: string, props: GuardInputs): Promise<dynamic.ReadResult> {
  if (props.duty !== "keep") {
    return { id, props };
  }
  const found = await perform(sought(props, KEEPING), (one) =>
    withAdminSession(endpoint(props), one.deadline, (session) => rightsDrift(session, grantedRights(props))),
  );
  if (!found) {
    return {};
  }
  const more = found.length > RIGHTS_SHOWN ? [`${found.length - RIGHTS_SHOWN} more`] : [];
  const seen = { ...props, drift: [...found.slice(0, RIGHTS_SHOWN).map(({ line }) => line), ...more] };
  return { id, props: seen, inputs: seen };
}

/** @throws {UserError} while the schema contains objects and `onDelete` is `refuse` */
export async function remove(_id: string, inputs: GuardInputs): Promise<void> {
  if (!LEAVING.includes(inputs.duty) || inputs.onDelete !== "refuse") {
    return;
  }
  await perform(sought(inputs, "deleting the schema"), (one) =>
    withAdminSession(endpoint(inputs), one.deadline, (session) => requireEmpty(session, inputs)),
  );
}

/** Nothing is to be looked for in a server or a database that is gone. */
function sought(inputs: GuardInputs, step: string): Operation {
  return {
    step,
    inputs,
    report,
    onFailure: async (failure, deadline) =>
      failure.code === NO_SUCH_DATABASE || (await serverIsGone(inputs.serverId, failure, deadline))
        ? { done: true }
        : undefined,
  };
}

function endpoint(inputs: GuardInputs) {
  return { ...inputs, ...(inputs.caCertFile ? { caCert: readFileSync(inputs.caCertFile, "utf8") } : {}) };
}

/** The provider says nothing where the administrator is not the owner, and revokes nothing. */
async function requireOwnDatabase(session: Session, inputs: GuardInputs): Promise<void> {
  const found = await findDatabase(session);
  if (!found.actsAsOwner) {
    const statement = `ALTER DATABASE ${identifier(inputs.database)} OWNER TO azure_pg_admin`;
    throw new UserError({
      code: "EP-ACCESS-02",
      step: LOOKS[inputs.duty]?.step ?? "",
      at: errorLocation(inputs),
      expected: `a database of which "${inputs.adminUser}" is the owner, to say who may enter it`,
      found: `database "${inputs.database}" belongs to "${found.owner}"`,
      // Nobody becomes a member of the service's own role.
      remedy: `name a database that was made after the server's administrators${found.owner.startsWith("azure") ? "" : `; or hand this one over, ${inOwnersName(found, statement)}`}`,
    });
  }
}

async function requireFree(session: Session, inputs: GuardInputs): Promise<void> {
  // CREATE would do for a schema, but nobody can then be given CONNECT: that is the owner's to grant.
  await requireOwnDatabase(session, inputs);
  const { schema = "" } = inputs;
  const ownRole = inputs.roles?.at(-1);
  const holder = await schemaOwner(session, schema);
  if (holder !== undefined && holder.owner !== ownRole) {
    const aside = identifier(Buffer.byteLength(schema) > 56 ? "schema_before" : `${schema}_before`);
    throw new UserError({
      code: "EP-ACCESS-03",
      step: "claiming the schema",
      at: errorLocation(inputs),
      expected: `no schema of that name, or one that belongs to "${ownRole}"`,
      found: `it belongs to "${holder.owner}"`,
      remedy:
        "choose another schema; or, to put this one aside and move its tables afterwards (ALTER TABLE … SET SCHEMA), " +
        inOwnersName(holder, `ALTER SCHEMA ${identifier(schema)} RENAME TO ${aside}`),
    });
  }
}

/** A statement that only an owner may run, as an administrator can run it who made the owner's role or is a member of it. */
function inOwnersName({ owner, actsAsOwner }: Owner, statement: string): string {
  const role = identifier(owner);
  return actsAsOwner
    ? `as administrator: ${statement}`
    : `as the administrator who made "${owner}": GRANT ${role} TO CURRENT_USER; ${statement}; REVOKE ${role} FROM CURRENT_USER`;
}

function grantedRights({ schema = "", roles = [], grants = [] }: GuardInputs): GrantedRights {
  return { schema, roles, grants };
}

/** The profiles' roles get what they are meant to have; who else was given rights, and why, is for people to judge. */
async function requireMeantRights(session: Session, inputs: GuardInputs): Promise<void> {
  const found = await rightsDrift(session, grantedRights(inputs));
  await restore(
    session,
    found.filter(({ own }) => own),
  );
  const others = found.filter(({ own }) => !own);
  if (others.length === 0) {
    return;
  }
  const first = others.slice(0, RIGHTS_LISTED);
  const more = others.length > first.length ? `; ${others.length - first.length} more` : "";
  throw new UserError({
    code: "EP-ACCESS-04",
    step: KEEPING,
    at: errorLocation(inputs),
    expected: "no right in it but those of the profiles and of `grants`",
    found: printable(first.map(({ line }) => line).join("; ")) + more,
    remedy:
      `name in \`grants\` what is meant; else, as "${inputs.adminUser}" in database "${inputs.database}", then this again: ` +
      printable(restoring(first).join("; ")),
  });
}

/** Names are whatever people called their tables; none gets to a terminal that would obey it. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "?");
}

async function requireEmpty(session: Session, inputs: GuardInputs): Promise<void> {
  const { schema = "", roles = [] } = inputs;
  const { count, first } = await contentsOf(session, { schema, roles, limit: LISTED });
  if (count === 0) {
    return;
  }
  throw new UserError({
    code: "EP-ACCESS-05",
    step: "deleting the schema",
    at: errorLocation(inputs),
    expected: "a schema that holds nothing",
    found: `${count} object(s): ${first.join(", ")}${count > first.length ? ", …" : ""}; nothing was dropped`,
    remedy:
      'set onDelete to "drop", which drops them, or to "retain", which leaves them to the administrator, as either does large objects; ' +
      "then `pulumi up` and this again",
  });
}
