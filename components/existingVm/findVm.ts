import { getClientConfig } from "@pulumi/azure-native/authorization/getClientConfig.js";
import { getVirtualMachine } from "@pulumi/azure-native/compute/getVirtualMachine.js";
import { getUserAssignedIdentity } from "@pulumi/azure-native/managedidentity/getUserAssignedIdentity.js";
import { getNetworkInterface } from "@pulumi/azure-native/network/getNetworkInterface.js";
import { getPublicIPAddress } from "@pulumi/azure-native/network/getPublicIPAddress.js";
import { type IdNames, idProblem, type Kind, namesInId } from "../azure/armIds.ts";
import { UserError } from "../errors/userError.ts";

/** A virtual machine that another program made. */
export interface FoundVm {
  /** ARM id, as Azure writes it. */
  vmId: string;
  vmName: string;
  resourceGroupName: string;
  /** Azure region. */
  location: string;
  /** Login name of the SSH user; empty where the image decides it. */
  adminUsername: string;
  /** Public IPv4 address of its first network interface; empty where it has none. */
  publicIpAddress: string;
  /** Address inside its network. */
  privateIpAddress: string;
  /** ARM ids of its user-assigned identities, in lower case. */
  identityIds: string[];
}

/** A user-assigned identity. */
export interface FoundIdentity {
  /** ARM id. */
  identityId: string;
  /** Its name, the database role's default name. */
  identityName: string;
  principalId: string;
  clientId: string;
  tenantId: string;
}

/**
 * Reads a virtual machine and its addresses. Nothing is changed.
 *
 * @throws {UserError} EP-VM-02 for an id of another kind, EP-VM-03 where Azure answers none, EP-VM-05 for one without Linux, EP-VM-06 for one of
 * another subscription
 */
export async function findVm(vmId: string): Promise<FoundVm> {
  const { resourceGroupName, name: vmName } = await own("virtual machine", vmId);
  const vm = await read("virtual machine", vmId, getVirtualMachine({ resourceGroupName, vmName }));
  if (vm.storageProfile?.osDisk?.osType !== "Linux") {
    throw refused("EP-VM-05", vmId, "a VM with Linux", `osType ${vm.storageProfile?.osDisk?.osType ?? "unknown"}`);
  }
  return {
    vmId: vm.id,
    vmName: vm.name,
    resourceGroupName,
    location: vm.location,
    adminUsername: vm.osProfile?.adminUsername ?? "",
    ...(await addressesOf(vm.networkProfile?.networkInterfaces ?? [])),
    identityIds: Object.keys(vm.identity?.userAssignedIdentities ?? {}).map((id) => id.toLowerCase()),
  };
}

/** Reads a user-assigned identity. @throws {UserError} EP-VM-02, EP-VM-03 and EP-VM-06 as {@link findVm} */
export async function findIdentity(identityId: string): Promise<FoundIdentity> {
  const { resourceGroupName, name: resourceName } = await own("user-assigned identity", identityId);
  const call = getUserAssignedIdentity({ resourceGroupName, resourceName });
  const { id, name, principalId, clientId, tenantId } = await read("user-assigned identity", identityId, call);
  return { identityId: id, identityName: name, principalId, clientId, tenantId };
}

/** @throws {UserError} EP-VM-07 for an identity that the machine does not have */
export function requireOnVm({ vmId, identityIds }: FoundVm, { identityId }: Pick<FoundIdentity, "identityId">): void {
  if (identityIds.includes(identityId.toLowerCase())) return;
  const found = identityIds.length > 0 ? identityIds.join(", ") : "no user-assigned identity";
  const remedy = `az vm identity assign --ids ${vmId} --identities ${identityId}`;
  throw refused("EP-VM-07", vmId, `the identity ${identityId} on it`, found, remedy);
}

/** The primary network interface's addresses, or the only one's. */
async function addressesOf(interfaces: readonly { id?: string; primary?: boolean }[]) {
  const { id = "" } = interfaces.find(({ primary }) => primary) ?? interfaces[0] ?? {};
  const names = namesInId("network interface", id);
  if (!names) return { publicIpAddress: "", privateIpAddress: "" };
  const call = getNetworkInterface({
    resourceGroupName: names.resourceGroupName,
    networkInterfaceName: names.name,
  });
  const { ipConfigurations = [] } = await read("network interface", id, call);
  const first = ipConfigurations.find(({ primary }) => primary) ?? ipConfigurations[0];
  return {
    publicIpAddress: await publicAddress(first?.publicIPAddress?.id),
    privateIpAddress: first?.privateIPAddress ?? "",
  };
}

async function publicAddress(id = ""): Promise<string> {
  const names = namesInId("public IP address", id);
  if (!names) return "";
  const { resourceGroupName, name: publicIpAddressName } = names;
  const call = getPublicIPAddress({ resourceGroupName, publicIpAddressName });
  return (await read("public IP address", id, call)).ipAddress ?? "";
}

/** The names in an id of the program's own subscription. */
async function own(kind: Kind, id: string): Promise<IdNames> {
  const names = namesInId(kind, id);
  if (!names) throw refused("EP-VM-02", id, `the ARM id of a ${kind}`, idProblem(kind, id) ?? "");
  const { subscriptionId } = await getClientConfig();
  if (names.subscriptionId.toLowerCase() === subscriptionId.toLowerCase()) return names;
  throw refused("EP-VM-06", id, `the stack's subscription, ${subscriptionId}`, `subscription ${names.subscriptionId}`);
}

async function read<T>(kind: Kind, id: string, call: Promise<T>): Promise<T> {
  return call.catch((error) => {
    throw refused(
      "EP-VM-03",
      id,
      `Azure to answer the ${kind}`,
      error instanceof Error ? error.message : String(error),
    );
  });
}

function refused(code: `EP-VM-0${2 | 3 | 5 | 6 | 7}`, at: string, expected: string, found: string, remedy?: string) {
  const step = "reading an existing resource";
  return new UserError({ code, step, at, expected, found, ...(remedy ? { remedy } : {}) });
}
