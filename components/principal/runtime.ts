import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { dynamic } from "@pulumi/pulumi";
import { serverIsGone } from "../azure/flexibleServer.ts";
import { sameGuid } from "../azure/objectId.ts";
import { withAdminSession } from "../postgres/adminSession.ts";
import { committed } from "../postgres/committed.ts";
import { UNKNOWN } from "../postgres/fieldDiff.ts";
import { type Operation, perform, report } from "../postgres/operation.ts";
import { deleteRole } from "./deletion.ts";
import { inputProblems, type PrincipalInputs } from "./inputs.ts";
import { createRole, type Outcome, updateRole } from "./lifecycle.ts";
import { type PrincipalOutputs, readState } from "./reading.ts";

/**
 * What the engine calls, through the stub in `entraPrincipal.ts`. It is loaded by name when it is needed, so a repaired version of this code
 * also serves resources that an older one created.
 */

export async function check(_olds: PrincipalInputs, news: PrincipalInputs) {
  const failures = inputProblems(news).map(({ property, reason }) => ({ property, reason: `${reason} (EP-ROLE-19)` }));
  return { inputs: news, failures };
}

/** Fields that mean another role, or the same on another server. */
const REPLACING = ["host", "database"] as const;
/** Fields that `update` reconciles, or that only configure later operations. */
const UPDATING = [
  "roleName",
  "objectId",
  "principalType",
  "isAdmin",
  "isMfa",
  "canLogin",
  "memberOf",
  "port",
  "adminUser",
  "administrators",
  "caCert",
  "owner",
  "serverId",
  "clientId",
  "deadlineSeconds",
  "onConflict",
  "onDelete",
  "reassignTo",
] as const;

/**
 * Compares the fields that count; the stub's own text, which is a field too, never does. A replacement drops the old role first: otherwise
 * a new one on the same server would adopt the role that is about to be dropped.
 */
export async function diff(_id: string, olds: PrincipalOutputs, news: PrincipalInputs) {
  // A value that a preview does not know may equal the old one: it shows as a change, not as a replacement.
  const replaces = REPLACING.filter((field) => news[field] !== UNKNOWN && olds[field] !== news[field]);
  const changes =
    replaces.length > 0 ||
    REPLACING.some((field) => news[field] === UNKNOWN) ||
    olds.renamedTo !== undefined ||
    olds.managedBy !== undefined ||
    olds.boundTo !== undefined ||
    olds.instance === "" ||
    UPDATING.some((field) => differs(olds[field], news[field]));
  return { changes, replaces: [...replaces], deleteBeforeReplace: true };
}

function differs(old: unknown, wanted: unknown): boolean {
  if (Array.isArray(old) && Array.isArray(wanted)) {
    return !isDeepStrictEqual([...old].sort(), [...wanted].sort());
  }
  if (typeof old === "object" && typeof wanted === "object" && old !== null && wanted !== null) {
    return JSON.stringify(Object.entries(old).sort()) !== JSON.stringify(Object.entries(wanted).sort());
  }
  if (typeof old === "string" && typeof wanted === "string" && wanted !== UNKNOWN) {
    // Only object ids are equal in any case; every other text is compared as it is.
    return old !== wanted && !(/^[0-9a-f-]{36}$/i.test(wanted) && sameGuid(old, wanted));
  }
  return old !== wanted;
}

export async function create(inputs: PrincipalInputs): Promise<{ id: string; outs: PrincipalOutputs }> {
  const instance = randomUUID();
  const outs = (outcome?: Outcome) => outputs(inputs, instance, outcome);
  const id = idOf(inputs);
  const outcome = await committed({ step: "creating the role", inputs, report }, { id, outs }, (session, one) =>
    createRole(session, inputs, instance, one.report),
  );
  return { id, outs: outs(outcome) };
}

export async function update(id: string, olds: PrincipalOutputs, news: PrincipalInputs) {
  const instance = olds.instance || randomUUID();
  const remembered = { roleOid: olds.roleOid, instance };
  const outs = (outcome?: Outcome) => ({
    ...outputs(news, instance, outcome),
    roleOid: outcome?.roleOid ?? olds.roleOid,
    message: outcome?.message || olds.message,
  });
  const outcome = await committed({ step: "changing the role", inputs: news, report }, { id, outs }, (session, one) =>
    updateRole(session, news, { remembered, former: olds }, one.report),
  );
  return { outs: outs(outcome) };
}

/** A state that an older version wrote may lack newer fields. */
function completed(props: PrincipalOutputs): PrincipalOutputs {
  return { ...{ canLogin: true, onDelete: "refuse", waitSeconds: 180, deadlineSeconds: 300, owner: "" }, ...props };
}

/** On refresh: the role as it is, or nothing where the server has no such role. A failed query is an error. */
export async function read(id: string, state: PrincipalOutputs): Promise<dynamic.ReadResult> {
  const props = completed(state);
  const found = await perform(reading("reading the role", props), (one) =>
    withAdminSession(props, one.deadline, (session) => readState(session, props)),
  );
  return found ? { id, ...found } : {};
}

// `delete` is a reserved word; the stub maps it.
export async function remove(_id: string, state: PrincipalOutputs): Promise<void> {
  const props = completed(state);
  await perform(reading("dropping the role", props), (one) => deleteRole(props, props, one));
}

/** An operation that succeeds when the server no longer exists: then the role does not exist either. */
function reading(step: string, inputs: PrincipalInputs): Operation {
  return {
    step,
    inputs,
    report,
    onFailure: async (failure, deadline) => {
      if (!(await serverIsGone(inputs.serverId, failure, deadline))) {
        return undefined;
      }
      report(
        `role "${inputs.roleName}": Azure says that the server no longer exists, so the role does not exist either`,
      );
      return { done: true };
    },
  };
}

function outputs(inputs: PrincipalInputs, instance: string, outcome?: Outcome): PrincipalOutputs {
  const { roleOid, message = "" } = outcome ?? {};
  return { ...inputs, instance: outcome ? outcome.instance : instance, roleOid, message };
}

function idOf({ host, roleName }: PrincipalInputs): string {
  return `${host}/${roleName}`;
}
