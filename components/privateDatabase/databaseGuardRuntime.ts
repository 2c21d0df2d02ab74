import { readFileSync } from "node:fs";
import { requireOwnDatabase } from "../access/databaseOwner.ts";
import { databaseNameProblem } from "../access/schemaName.ts";
import { administratorsProblem } from "../postgres/administrator.ts";
import { withAdminSession } from "../postgres/adminSession.ts";
import type { Subject } from "../postgres/errorLocation.ts";
import { fieldDiff, UNKNOWN } from "../postgres/fieldDiff.ts";
import { perform, report } from "../postgres/operation.ts";

/** What the engine calls, by way of the stub in `databaseGuard.ts`. */

/** The inputs as the engine hands them over. */
export interface GuardInputs extends Subject {
  caCertFile?: string;
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

/** Everything else only says how to look. */
export async function diff(_id: string, olds: GuardInputs, news: GuardInputs) {
  return fieldDiff(olds, news, ["host", "database"]);
}

/** @throws {UserError} EP-ACCESS-02 for a database of another owner */
export async function create(inputs: GuardInputs): Promise<{ id: string; outs: GuardInputs }> {
  const caCert = inputs.caCertFile ? { caCert: readFileSync(inputs.caCertFile, "utf8") } : {};
  await perform({ step: "looking at the database", inputs, report }, (one) =>
    withAdminSession({ ...inputs, ...caCert }, one.deadline, (session) => requireOwnDatabase(session, inputs)),
  );
  return { id: `${inputs.host}/${inputs.database}`, outs: inputs };
}

export async function update(_id: string, _olds: GuardInputs, news: GuardInputs) {
  return { outs: news };
}

export async function read(id: string, props: GuardInputs) {
  return { id, props };
}

export async function remove(): Promise<void> {}
