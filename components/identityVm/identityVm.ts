import * as compute from "@pulumi/azure-native/compute/virtualMachine.js";
import { UserAssignedIdentity } from "@pulumi/azure-native/managedidentity/userAssignedIdentity.js";
import type { NetworkInterface } from "@pulumi/azure-native/network/networkInterface.js";
import { getResource } from "@pulumi/azure-native/resources/getResource.js";
import * as pulumi from "@pulumi/pulumi";
import { refuseInvalid } from "../errors/invalidArguments.ts";
import { findIdentity } from "../existingVm/findVm.ts";
import { roleNameProblem } from "../postgres/roleName.ts";
import type { CloudConfig, IdentityVmArgs } from "./identityVmArgs.ts";
import { sealedPublicKey } from "./sealedKey.ts";
import {
  type Base,
  createNetworkInterface,
  createPublicIp,
  createSecurityGroup,
  type Own,
  subnetIdOf,
} from "./vmNetwork.ts";

/** The tools of the connection test that `ConnectionCheck` runs on the VM. */
const TOOLS = ["curl", "jq", "postgresql-client"];

/** As `customData` wants it. JSON is YAML, too. */
function customData({ packages = [], ...rest }: CloudConfig): string {
  const config = { package_update: true, ...rest, packages: [...TOOLS, ...packages] };
  return Buffer.from(`#cloud-config\n${JSON.stringify(config)}\n`).toString("base64");
}

/**
 * An Ubuntu 24.04 VM with a managed identity: trusted launch, SSH keys only, no password, and a network that lets
 * nothing in unless an address is named. Its public address is how it reaches the Internet, and the
 * database server's firewall where there is one.
 *
 * @throws {InvalidArguments} for an unknown `identityType`, or a `vmName` that cannot be the name of a role.
 */
export class IdentityVm extends pulumi.ComponentResource {
  /** Object id of the identity. */
  readonly principalId: pulumi.Output<string>;
  /** Client id (application id) of the identity, which its token request names. */
  readonly clientId: pulumi.Output<string>;
  /** Tenant of the identity. */
  readonly tenantId: pulumi.Output<string>;
  /** Display name of the identity, the database role's default name. */
  readonly identityName: pulumi.Output<string>;
  /** Name of the VM. */
  readonly vmName: pulumi.Output<string>;
  /** ARM id of the VM. */
  readonly vmId: pulumi.Output<string>;
  /** Login name of the SSH user. */
  readonly adminUsername: pulumi.Output<string>;
  /** Public IPv4 address: what the database server's firewall sees. */
  readonly publicIpAddress: pulumi.Output<string>;
  /** Address inside the VM's network. */
  readonly privateIpAddress: pulumi.Output<string>;

  constructor(name: string, args: IdentityVmArgs, opts?: pulumi.ComponentResourceOptions) {
    super("entra-postgres:index:IdentityVm", name, {}, opts);
    refuseInvalid("EP-VM-01", this, name, argumentErrors(args));
    const own = { parent: this };
    const base = {
      resourceGroupName: args.resourceGroupName,
      location: args.location,
      ...(args.tags ? { tags: args.tags } : {}),
    };

    const publicIp = createPublicIp(name, base, own);
    const securityGroup = createSecurityGroup(name, base, args, own);
    const subnetId = subnetIdOf(name, base, args, securityGroup, own);
    const networkInterface = createNetworkInterface(name, base, args, subnetId, securityGroup, publicIp, own);
    const userIdentity = userIdentityOf(name, base, args, own);
    const vmName = args.vmName ?? name;
    const vm = createVm(name, base, vmName, args, networkInterface, userIdentity, own);

    this.vmName = vm.name;
    this.vmId = vm.id;
    this.adminUsername = pulumi.output(args.adminUsername ?? "azureuser");
    this.publicIpAddress = publicIp.ipAddress.apply((address) => address ?? "");
    this.privateIpAddress = networkInterface.ipConfigurations.apply((all) => all?.[0]?.privateIPAddress ?? "");
    const identity = userIdentity ?? identityOfSystem(vm, vmName, args);
    this.principalId = identity.principalId;
    this.clientId = identity.clientId;
    this.tenantId = identity.tenantId;
    this.identityName = identity.name;
    this.registerOutputs({
      principalId: this.principalId,
      clientId: this.clientId,
      tenantId: this.tenantId,
      identityName: this.identityName,
      vmName: this.vmName,
      vmId: this.vmId,
      adminUsername: this.adminUsername,
      publicIpAddress: this.publicIpAddress,
      privateIpAddress: this.privateIpAddress,
    });
  }
}

const IDENTITY_TYPES = ["SystemAssigned", "UserAssigned"];

function argumentErrors(args: IdentityVmArgs): pulumi.InputPropertyErrorDetails[] {
  const errors: pulumi.InputPropertyErrorDetails[] = [];
  if (args.identityType !== undefined && !IDENTITY_TYPES.includes(args.identityType)) {
    errors.push({ propertyPath: "identityType", reason: `is not one of: ${IDENTITY_TYPES.join(", ")}` });
  }
  const problem = typeof args.vmName === "string" ? roleNameProblem(args.vmName) : undefined;
  if (problem) {
    errors.push({ propertyPath: "vmName", reason: problem });
  }
  return errors;
}

function createVm(
  name: string,
  base: Base,
  vmName: pulumi.Input<string>,
  args: IdentityVmArgs,
  networkInterface: NetworkInterface,
  userIdentity: UserIdentity | undefined,
  own: Own,
): compute.VirtualMachine {
  const adminUsername = args.adminUsername ?? "azureuser";
  return new compute.VirtualMachine(
    `${name}-vm`,
    {
      ...base,
      vmName,
      identity: userIdentity
        ? { type: "UserAssigned", userAssignedIdentities: [userIdentity.id] }
        : { type: "SystemAssigned" },
      hardwareProfile: { vmSize: args.vmSize ?? "Standard_B2ats_v2" },
      securityProfile: {
        securityType: "TrustedLaunch",
        uefiSettings: { secureBootEnabled: true, vTpmEnabled: true },
      },
      storageProfile: {
        imageReference: { publisher: "Canonical", offer: "ubuntu-24_04-lts", sku: "server", version: "latest" },
        osDisk: {
          createOption: "FromImage",
          deleteOption: "Delete",
          managedDisk: { storageAccountType: "StandardSSD_LRS" },
        },
      },
      osProfile: {
        computerName: vmName,
        adminUsername,
        customData: pulumi.output(args.cloudConfig ?? {}).apply(customData),
        linuxConfiguration: {
          disablePasswordAuthentication: true,
          ssh: {
            publicKeys: [
              {
                path: pulumi.interpolate`/home/${adminUsername}/.ssh/authorized_keys`,
                keyData: args.sshPublicKey ?? sealedPublicKey(),
              },
            ],
          },
        },
      },
      networkProfile: { networkInterfaces: [{ id: networkInterface.id, primary: true }] },
      diagnosticsProfile: { bootDiagnostics: { enabled: true } },
    },
    {
      ...own,
      // A network interface belongs to one VM at a time, and the role keeps its name only if the VM keeps its own.
      deleteBeforeReplace: true,
      // Azure refuses to change these on a VM that exists (PropertyChangeNotAllowed), and the provider does not know it.
      // Nor can the only interface of a running VM be exchanged.
      replaceOnChanges: ["location", "osProfile", "storageProfile.imageReference", "networkProfile"],
    },
  );
}

/** A user-assigned identity: its ARM id, its own ids and its name. */
interface UserIdentity {
  id: pulumi.Output<string>;
  principalId: pulumi.Output<string>;
  clientId: pulumi.Output<string>;
  tenantId: pulumi.Output<string>;
  name: pulumi.Output<string>;
}

/** The existing identity that the arguments name, or a new one, or none. */
function userIdentityOf(name: string, base: Base, args: IdentityVmArgs, own: Own): UserIdentity | undefined {
  if (args.identityId !== undefined) {
    const found = pulumi.output(args.identityId).apply(findIdentity);
    const { identityId: id, identityName, principalId, clientId, tenantId } = found;
    return { id, name: identityName, principalId, clientId, tenantId };
  }
  return args.identityType === "UserAssigned" ? new UserAssignedIdentity(`${name}-identity`, base, own) : undefined;
}

/**
 * ARM answers the client id of a system-assigned identity below the VM, so no permission on the directory is needed.
 * Source: the resource type Microsoft.ManagedIdentity/identities, API 2023-01-31 (read at the scope of another resource).
 */
function identityOfSystem(vm: compute.VirtualMachine, vmName: pulumi.Input<string>, args: IdentityVmArgs) {
  // As a promise: the form with outputs asks nothing in a preview where an argument comes from another stack.
  const identity = pulumi.all([vm.name, args.resourceGroupName, vm.id]).apply(([existing, resourceGroupName]) =>
    getResource(
      {
        resourceGroupName,
        resourceProviderNamespace: "Microsoft.Compute",
        parentResourcePath: `virtualMachines/${existing}/providers/Microsoft.ManagedIdentity`,
        resourceType: "identities",
        resourceName: "default",
        apiVersion: "2023-01-31",
      },
      { parent: vm },
    ),
  );
  return {
    principalId: vm.identity.apply((i) => i?.principalId ?? ""),
    tenantId: vm.identity.apply((i) => i?.tenantId ?? ""),
    clientId: identity.apply((i) => (i.properties as { clientId: string }).clientId),
    // Not the VM's output: that one is unknown while the VM is rebuilt, and a role of unknown name would be dropped first.
    name: pulumi.output(vmName),
  };
}
