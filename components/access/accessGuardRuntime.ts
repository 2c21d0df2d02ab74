import { readFileSync } from "node:fs";
import { administratorsProblem } from "../principal/administratorList.ts";
import { type Session, withAdminSession } from "../principal/adminSession.ts";
import { Explained } from "../principal/explained.ts";
import { fieldDiff } from "../principal/fieldDiff.ts";
import { UNKNOWN } from "../principal/inputs.ts";
import { perform } from "../principal/operation.ts";
import { place, type Subject } from "../principal/place.ts";
import { report } from "../principal/report.ts";
import { serverIsGone } from "../principal/serverGone.ts";
import { contentsOf, findDatabase, schemaOwner } from "./schemaCatalog.ts";
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
}

/** What may become of a schema that holds something. */
export const ON_DELETE = ["refuse", "drop", "retain"];
/** Names of objects that an error lists; the rest is counted. */
const LISTED = 5;

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
};

/** @throws {Explained} when the database or the schema is somebody else's */
export async function create(inputs: GuardInputs): Promise<{ id: string; outs: GuardInputs }> {
  const first = LOOKS[inputs.duty];
  if (first) {
    await perform({ step: first.step, inputs, report }, (one) =>
      withAdminSession(endpoint(inputs), one.deadline, (session) => first.look(session, inputs)),
    );
  }
  const parts = [inputs.host, inputs.database, ...(inputs.schema === undefined ? [] : [inputs.schema])];
  return { id: parts.join("/"), outs: inputs };
}

export async function update(_id: string, _olds: GuardInputs, news: GuardInputs) {
  return { outs: news };
}

/** @throws {Explained} while the schema holds something that nobody said what to do with */
export async function remove(_id: string, inputs: GuardInputs): Promise<void> {
  if (inputs.duty !== "keep" || inputs.onDelete !== "refuse") {
    return;
  }
  await perform(
    {
      step: "letting the schema go",
      inputs,
      report,
      onFailure: async (failure, deadline) =>
        (await serverIsGone(inputs.serverId, failure, deadline)) ? { done: true } : undefined,
    },
    (one) => withAdminSession(endpoint(inputs), one.deadline, (session) => requireEmpty(session, inputs)),
  );
}

function endpoint(inputs: GuardInputs) {
  return { ...inputs, ...(inputs.caCertFile ? { caCert: readFileSync(inputs.caCertFile, "utf8") } : {}) };
}

/** The provider says nothing where the administrator is not the owner, and revokes nothing. */
async function requireOwnDatabase(session: Session, inputs: GuardInputs): Promise<void> {
  const { owner, actsAsOwner } = await findDatabase(session);
  if (!actsAsOwner) {
    throw new Explained({
      step: "closing the database",
      at: place(inputs),
      expected: `a database of which "${inputs.adminUser}" is the owner, to say who may enter it`,
      found: `database "${inputs.database}" belongs to "${owner}"`,
      remedy:
        "name a database that was made after the server's administrators, or have its owner run: " +
        `ALTER DATABASE "${inputs.database}" OWNER TO azure_pg_admin`,
    });
  }
}

async function requireFree(session: Session, inputs: GuardInputs): Promise<void> {
  const { owner, mayCreate } = await findDatabase(session);
  if (!mayCreate) {
    throw new Explained({
      step: "claiming the schema",
      at: place(inputs),
      expected: `a database in which "${inputs.adminUser}" may create a schema`,
      found: `database "${inputs.database}" belongs to "${owner}"`,
      remedy:
        "name a database that was made after the server's administrators, or have its owner run: " +
        `GRANT CREATE ON DATABASE "${inputs.database}" TO "${inputs.adminUser}"`,
    });
  }
  const ownRole = inputs.roles?.at(-1);
  const holder = await schemaOwner(session, inputs.schema ?? "");
  if (holder !== undefined && holder !== ownRole) {
    throw new Explained({
      step: "claiming the schema",
      at: place(inputs),
      expected: `no schema of that name, or one that belongs to "${ownRole}"`,
      found: `it belongs to "${holder}"`,
      remedy: `choose another schema; or, to hand it over with what it holds: ALTER SCHEMA "${inputs.schema}" OWNER TO "${ownRole}"`,
    });
  }
}

async function requireEmpty(session: Session, inputs: GuardInputs): Promise<void> {
  const { count, first } = await contentsOf(session, inputs.schema ?? "", LISTED);
  if (count === 0) {
    return;
  }
  throw new Explained({
    step: "letting the schema go",
    at: place(inputs),
    expected: "a schema that holds nothing",
    found: `${count} object(s): ${first.join(", ")}${count > first.length ? ", …" : ""}; nothing was dropped`,
    remedy:
      'set onDelete to "drop", which drops them, or to "retain", which leaves them to the administrator; then `pulumi up` and this again',
  });
}
