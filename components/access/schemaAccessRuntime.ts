import { randomUUID } from "node:crypto";
import type { dynamic } from "@pulumi/pulumi";
import { serverIsGone } from "../azure/flexibleServer.ts";
import { UserError } from "../errors/userError.ts";
import { withAdminSession } from "../postgres/adminSession.ts";
import { committed } from "../postgres/committed.ts";
import { errorLocation } from "../postgres/errorLocation.ts";
import { fieldDiff } from "../postgres/fieldDiff.ts";
import { type Operation, perform, report } from "../postgres/operation.ts";
import { type AccessInputs, type AccessState, inputProblems } from "./accessInputs.ts";
import { deleteAccess } from "./deletion.ts";
import { readAccess } from "./reading.ts";
import { type Outcome, reconcile } from "./reconcile.ts";

/** What the engine calls, by way of the stub in `schemaAccess.ts`. */

const NO_SUCH_DATABASE = "3D000";

export async function check(_olds: AccessInputs, news: AccessInputs) {
  const failures = inputProblems(news).map(({ property, reason }) => ({
    property,
    reason: `${reason} (EP-ACCESS-01)`,
  }));
  return { inputs: news, failures };
}

/** Another database is another schema. Every other change is made in place. */
const REPLACING = ["host", "database"] as const;
/** Outputs that no input has. */
const OUTPUTS = ["instance", "roleOids", "schemaOid", "unmarked"];

/** @throws {UserError} EP-ACCESS-12 for a state of an older version, which made the schema of many resources */
export async function diff(_id: string, olds: AccessState & { duty?: string }, news: AccessInputs) {
  if (olds.duty !== undefined) throw olderState(olds);
  const known = Object.fromEntries(Object.entries(olds).filter(([name]) => !OUTPUTS.includes(name)));
  const { changes, ...rest } = fieldDiff(known as unknown as AccessInputs, news, REPLACING);
  return { ...rest, changes: changes || olds.unmarked === true };
}

function olderState(olds: AccessState): UserError {
  return new UserError({
    code: "EP-ACCESS-12",
    step: "comparing the schema with its state",
    at: errorLocation(olds),
    expected: "a state of this version",
    found: "one of an older version, with a resource for each role and grant",
  });
}

export async function create(inputs: AccessInputs): Promise<{ id: string; outs: AccessState }> {
  const instance = randomUUID();
  const outs = (outcome?: Outcome): AccessState => ({ ...inputs, instance, ...outcome });
  const id = `${inputs.host}/${inputs.database}/${inputs.schema}`;
  const operation = { step: "creating the schema", inputs, report };
  const outcome = await committed(operation, { id, outs }, (session) => reconcile(session, inputs, { instance }));
  return { id, outs: outs(outcome) };
}

export async function update(id: string, olds: AccessState, news: AccessInputs): Promise<{ outs: AccessState }> {
  const { instance, roleOids, schemaOid } = olds;
  const outs = (outcome?: Outcome): AccessState => ({ ...news, instance, roleOids, schemaOid, ...outcome });
  const operation = { step: "changing the schema", inputs: news, report };
  const outcome = await committed(operation, { id, outs }, (session) =>
    reconcile(session, news, { instance, roleOids, schemaOid }, olds),
  );
  return { outs: outs(outcome) };
}

/** On refresh: the schema as it is, so that drift shows as a difference; nothing where there is neither schema nor role. */
export async function read(id: string, props: AccessState): Promise<dynamic.ReadResult> {
  const found = await perform(unlessGone(props, "reading the schema"), (one) =>
    withAdminSession(props, one.deadline, (session) => readAccess(session, props)),
  );
  return found ? { id, ...found } : {};
}

// `delete` is a reserved word; the stub maps it.
export async function remove(_id: string, state: AccessState): Promise<void> {
  await perform(unlessGone(state, "deleting the schema"), (one) =>
    withAdminSession(state, one.deadline, (session) => deleteAccess(session, state, one.report)),
  );
}

/** Nothing is left to do in a server or a database that is gone. */
function unlessGone(inputs: AccessState, step: string): Operation {
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
