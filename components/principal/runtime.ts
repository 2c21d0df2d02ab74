import type { dynamic } from "@pulumi/pulumi";
import { withAdminSession } from "./adminSession.ts";
import { findRole, revokeAll } from "./catalog.ts";
import { inputProblems, type PrincipalInputs, sameGuid, UNKNOWN } from "./inputs.ts";
import { createRole, deleteRole, type Report, updateRole } from "./lifecycle.ts";
import { sqlProblem } from "./sqlProblem.ts";

/**
 * What the engine calls, by way of the stub in `resource.ts`. It is loaded by name when it is needed, so a mended
 * version of this code also serves resources that an older one made.
 */

/** The resource's state: its inputs and what the server answered. */
export interface PrincipalOutputs extends PrincipalInputs {
  message: string;
}

/** Lines on standard output reach the person through the engine's log. */
const report: Report = (line) => console.log(line);

export async function check(_olds: PrincipalInputs, news: PrincipalInputs) {
  return { inputs: news, failures: inputProblems(news) };
}

/** Fields that mean another role, or the same on another server. */
const REPLACING: (keyof PrincipalInputs)[] = ["host", "database", "roleName"];
/** Fields that `update` brings about, or that only say how to reach the server. */
const UPDATING: (keyof PrincipalInputs)[] = [
  "objectId",
  "principalType",
  "isAdmin",
  "isMfa",
  "port",
  "adminUser",
  "caCert",
];

/** Names the fields that count; the stub's own text, which is a field too, never does. */
export async function diff(_id: string, olds: PrincipalInputs, news: PrincipalInputs) {
  const differs = (field: keyof PrincipalInputs) =>
    field === "objectId" && news.objectId !== UNKNOWN
      ? !sameGuid(olds.objectId, news.objectId)
      : olds[field] !== news[field];
  const replaces = REPLACING.filter(differs);
  return { changes: replaces.length > 0 || UPDATING.some(differs), replaces };
}

export async function create(inputs: PrincipalInputs): Promise<{ id: string; outs: PrincipalOutputs }> {
  const message = await withAdminSession(inputs, (session) => createRole(session, inputs, report));
  return { id: `${inputs.host}/${inputs.roleName}`, outs: { ...inputs, message } };
}

/** On refresh: the role as it is, or nothing where the server says that there is none. Failing to ask is an error. */
export async function read(id: string, props: PrincipalOutputs): Promise<dynamic.ReadResult> {
  const role = await withAdminSession(props, async (session) => {
    try {
      return await findRole(session, props.roleName);
    } catch (error) {
      throw sqlProblem(props, "reading the role", error);
    }
  });
  if (!role) {
    return {};
  }
  const { message, ...inputs } = props;
  const found = {
    ...inputs,
    // A label that somebody removed leaves a role that is bound to nobody.
    objectId: role.principal?.objectId ?? "",
    principalType: role.principal?.type ?? inputs.principalType,
    isAdmin: role.principal?.isAdmin ?? inputs.isAdmin,
    isMfa: role.principal?.isMfa ?? inputs.isMfa,
  };
  if (sameGuid(found.objectId, inputs.objectId)) {
    found.objectId = inputs.objectId;
  }
  return { id, props: { ...found, message }, inputs: found };
}

export async function update(_id: string, olds: PrincipalOutputs, news: PrincipalInputs) {
  await withAdminSession(news, (session) => updateRole(session, news));
  return { outs: { ...news, message: olds.message } };
}

// `delete` is a reserved word; the stub maps it.
export async function remove(_id: string, props: PrincipalOutputs): Promise<void> {
  await withAdminSession(props, (session) =>
    deleteRole(
      session,
      props,
      (database) => withAdminSession({ ...props, database }, (other) => revokeAll(other, props.roleName)),
      report,
    ),
  );
}
