import type { dynamic } from "@pulumi/pulumi";
import { serverIsGone } from "../azure/flexibleServer.ts";
import { sameGuid } from "../azure/objectId.ts";
import { UserError } from "../errors/userError.ts";
import { withAdminSession } from "../postgres/adminSession.ts";
import { errorLocation, type Subject } from "../postgres/errorLocation.ts";
import { fieldDiff, UNKNOWN } from "../postgres/fieldDiff.ts";
import { type Operation, perform, report } from "../postgres/operation.ts";
import { identifier } from "../postgres/quoting.ts";
import { findAdministrators } from "./administratorCatalog.ts";

/** What the engine calls, by way of the stub in `administratorDriftCheck.ts`. */

/** An administrator that is meant to be one; on a refresh also one that is not, which says so. */
export interface ExpectedAdministrator {
  objectId: string;
  name: string;
  type: string;
  declared?: false;
}

/** The inputs as the engine hands them over. */
export interface AdministratorDriftCheckInputs extends Subject {
  administrators: ExpectedAdministrator[];
  serverId?: string;
}

export async function check(_olds: AdministratorDriftCheckInputs, news: AdministratorDriftCheckInputs) {
  const given: unknown = news.administrators;
  const failures =
    given === UNKNOWN || (Array.isArray(given) && given.length > 0)
      ? []
      : [{ property: "administrators", reason: "needs at least one; a server has at least the one that deploys" }];
  return { inputs: news, failures };
}

/** Another server is another list; everything else only says how to look, and what for. */
export async function diff(_id: string, olds: AdministratorDriftCheckInputs, news: AdministratorDriftCheckInputs) {
  return fieldDiff(olds, news, ["host"]);
}

/** @throws {UserError} when somebody administers the server whom nobody named */
export async function create(inputs: AdministratorDriftCheckInputs) {
  await requireNoOthers(inputs, inputs.administrators);
  return { id: inputs.host, outs: inputs };
}

/**
 * An administrator that was declared until now and is no more is still one: Pulumi deletes at the end of the same update.
 *
 * @throws {UserError} as {@link create}
 */
export async function update(_id: string, olds: AdministratorDriftCheckInputs, news: AdministratorDriftCheckInputs) {
  const declared = olds.administrators.filter((one) => one.declared !== false);
  await requireNoOthers(news, [...news.administrators, ...declared]);
  return { outs: news };
}

/** On refresh: those who are administrators, in place of those who should be, so that a difference shows. */
export async function read(id: string, props: AdministratorDriftCheckInputs): Promise<dynamic.ReadResult> {
  const found = await look(props, "reading the administrators");
  if (!found) {
    return {};
  }
  const declared = props.administrators.filter((one) => one.declared !== false);
  const present = declared.filter((wanted) => found.some(({ objectId }) => sameGuid(objectId, wanted.objectId)));
  const others = othersAmong(found, declared).map((one) => ({ ...one, declared: false as const }));
  const seen = { ...props, administrators: [...present, ...others] };
  return { id, props: seen, inputs: seen };
}

async function requireNoOthers(
  inputs: AdministratorDriftCheckInputs,
  expected: ExpectedAdministrator[],
): Promise<void> {
  const others = othersAmong((await look(inputs, "checking the administrators")) ?? [], expected);
  if (others.length === 0) {
    return;
  }
  const [first] = others;
  throw new UserError({
    code: "EP-DRIFT-01",
    step: "checking the administrators",
    at: errorLocation(inputs),
    expected: `no administrator but ${inputs.administrators.map(shown).join(", ")}`,
    found: `also ${others.map(shown).join(", ")}`,
    remedy: first?.objectId
      ? `name it in moreAdministrators if it is to be one; else: az postgres flexible-server microsoft-entra-admin delete --object-id ${first.objectId} --resource-group … --server-name …; one that was made inside the database: DROP ROLE, as administrator`
      : `take it out, as administrator in database postgres: REVOKE azure_pg_admin FROM ${identifier(first?.name ?? "")};`,
  });
}

function look(inputs: AdministratorDriftCheckInputs, step: string): Promise<ExpectedAdministrator[] | undefined> {
  const operation: Operation = {
    step,
    inputs,
    report,
    onFailure: async (failure, deadline) =>
      (await serverIsGone(inputs.serverId, failure, deadline)) ? { done: true } : undefined,
  };
  return perform(operation, (one) => withAdminSession(inputs, one.deadline, findAdministrators));
}

function othersAmong(found: ExpectedAdministrator[], expected: ExpectedAdministrator[]): ExpectedAdministrator[] {
  return found.filter(({ objectId }) => !expected.some((wanted) => sameGuid(objectId, wanted.objectId)));
}

function shown({ name, objectId }: ExpectedAdministrator): string {
  return `"${name}" (${objectId ? `object id ${objectId}` : "bound to no identity"})`;
}
