import type { dynamic } from "@pulumi/pulumi";
import { idProblem, namesInId } from "../azure/armIds.ts";
import { changeResource, type ForeignResource, readResource } from "../azure/azureChange.ts";
import { UserError } from "../errors/userError.ts";
import { fieldDiff, UNKNOWN } from "../postgres/fieldDiff.ts";

/** What the engine calls for the identity of an existing virtual machine. */

/** The inputs as the engine hands them over. */
export interface VmIdentityInputs {
  vmId: string;
  deadlineSeconds: number;
}

/** The state: the identity, and what the machine had before. */
export interface VmIdentityState extends VmIdentityInputs {
  principalId: string;
  clientId: string;
  tenantId: string;
  /** The machine's `identity.type` where this resource changed it, to give back; empty where it changed nothing. */
  formerType: string;
}

/** Source: azure-rest-api-specs, specification/compute, ComputeRP/stable/2024-11-01, VirtualMachineIdentity. */
const VM_API = "2024-11-01";
/** Source: azure-rest-api-specs, specification/msi, stable/2023-01-31, SystemAssignedIdentities_GetByScope. */
const IDENTITY_API = "2023-01-31";

export async function check(_olds: VmIdentityInputs, news: VmIdentityInputs) {
  const reason = (news.vmId as unknown) === UNKNOWN ? undefined : idProblem("virtual machine", String(news.vmId));
  return { inputs: news, failures: reason ? [{ property: "vmId", reason: `${reason} (EP-VM-02)` }] : [] };
}

export async function diff(_id: string, olds: VmIdentityState, news: VmIdentityInputs) {
  const { vmId, deadlineSeconds } = olds;
  return fieldDiff({ vmId, deadlineSeconds }, news, ["vmId"]);
}

/**
 * Enables the system-assigned identity where it is off, as `az vm identity assign` does: the rest of the machine, and the user-assigned
 * identities that it has, stay.
 */
export async function create(inputs: VmIdentityInputs): Promise<{ id: string; outs: VmIdentityState }> {
  const type = await identityType(inputs, "enabling the identity");
  if (!hasSystem(type)) {
    await setType(
      inputs,
      "enabling the identity",
      type === "UserAssigned" ? "SystemAssigned, UserAssigned" : "SystemAssigned",
    );
  }
  return {
    id: inputs.vmId,
    outs: { ...inputs, ...(await identityOf(inputs)), formerType: hasSystem(type) ? "" : type },
  };
}

/** Only the deadline changes in place. */
export async function update(_id: string, olds: VmIdentityState, news: VmIdentityInputs) {
  return { outs: { ...olds, ...news } };
}

/** The identity as it is, or nothing where the machine or its identity is gone: the next `up` then enables it again. */
export async function read(id: string, state: VmIdentityState): Promise<dynamic.ReadResult> {
  const machine = await readResource(machineOf(state, "reading the identity"));
  if (!machine || !hasSystem(typeOf(machine))) return {};
  const { vmId, deadlineSeconds } = state;
  return { id, props: { ...state, ...(await identityOf(state)) }, inputs: { vmId, deadlineSeconds } };
}

/** Gives the machine back as it was. An identity that it had before stays. */
export async function remove(_id: string, state: VmIdentityState): Promise<void> {
  if (state.formerType === "") return;
  const machine = await readResource(machineOf(state, "disabling the identity"));
  const type = machine && typeOf(machine);
  if (type === undefined || !hasSystem(type)) return;
  await setType(state, "disabling the identity", type.includes("UserAssigned") ? "UserAssigned" : "None");
}

async function identityType(inputs: VmIdentityInputs, step: string): Promise<string> {
  const machine = await readResource(machineOf(inputs, step));
  if (machine) return typeOf(machine);
  throw new UserError({
    code: "EP-VM-03",
    step,
    at: machineOf(inputs, step).at,
    expected: "the virtual machine to exist",
    found: "Azure says that it does not",
  });
}

function typeOf(machine: Record<string, unknown>): string {
  return String((machine.identity as { type?: string } | undefined)?.type ?? "None");
}

function hasSystem(type: string): boolean {
  return type.includes("SystemAssigned");
}

/** A PATCH that names the type alone leaves the list of user-assigned identities as it is. Source: azure-cli, vm/custom.py, assign_vm_identity. */
function setType(inputs: VmIdentityInputs, step: string, type: string): Promise<void> {
  return changeResource(machineOf(inputs, step), { method: "PATCH", body: { identity: { type } } });
}

async function identityOf(inputs: VmIdentityInputs) {
  const identity = await readResource({
    ...machineOf(inputs, "reading the identity"),
    id: `${inputs.vmId}/providers/Microsoft.ManagedIdentity/identities/default`,
    apiVersion: IDENTITY_API,
  });
  const { principalId, clientId, tenantId } = (identity?.properties ?? {}) as Record<string, string | undefined>;
  if (principalId && clientId && tenantId) return { principalId, clientId, tenantId };
  throw new UserError({
    code: "EP-VM-04",
    step: "reading the identity",
    at: machineOf(inputs, "").at,
    expected: "Azure to answer the identity's object id, client id and tenant",
    found: JSON.stringify(identity?.properties ?? "nothing"),
  });
}

function machineOf({ vmId, deadlineSeconds }: VmIdentityInputs, step: string): ForeignResource {
  return {
    id: vmId,
    apiVersion: VM_API,
    at: `virtual machine "${namesInId("virtual machine", vmId)?.name ?? vmId}"`,
    step,
    deadlineSeconds,
  };
}
