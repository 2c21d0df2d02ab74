import * as pulumi from "@pulumi/pulumi";
import { type FoundIdentity, type FoundVm, findIdentity, findVm, requireOnVm } from "./findVm.ts";
import { VmIdentity } from "./vmIdentity.ts";

/** The arguments of {@link ExistingVm}. */
export interface ExistingVmArgs {
  /** ARM id of the virtual machine: one with Linux, in the program's subscription. Changing it binds the role to another identity. */
  vmId: pulumi.Input<string>;
  /**
   * ARM id of a user-assigned identity that the machine has; several machines can have the same. @default the system-assigned identity, which is
   * enabled where it is off
   */
  identityId?: pulumi.Input<string>;
}

/**
 * A virtual machine that another program made, and an identity that it has. Only the system-assigned identity is ever changed: enabled where it is off,
 * and disabled again by a delete. The machine itself is never replaced or deleted.
 *
 * Whoever is to refuse a wrong machine before anything is changed awaits {@link findVm} first.
 *
 * @throws {UserError} EP-VM-02 to EP-VM-07, as {@link findVm} and {@link requireOnVm}
 */
export class ExistingVm extends pulumi.ComponentResource {
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
  /** Resource group of the VM. */
  readonly resourceGroupName: pulumi.Output<string>;
  /** Azure region of the VM. */
  readonly location: pulumi.Output<string>;
  /** Login name of the SSH user. */
  readonly adminUsername: pulumi.Output<string>;
  /** Public IPv4 address: what the database server's firewall sees. Empty where the VM has none. */
  readonly publicIpAddress: pulumi.Output<string>;
  /** Address inside the VM's network. */
  readonly privateIpAddress: pulumi.Output<string>;

  constructor(name: string, args: ExistingVmArgs, opts?: pulumi.ComponentResourceOptions) {
    super("entra-postgres:index:ExistingVm", name, {}, opts);
    const vm = pulumi.output(args.vmId).apply(findVm);
    const identity =
      args.identityId === undefined
        ? systemIdentity(name, vm, { parent: this })
        : pulumi.output([vm, pulumi.output(args.identityId).apply(findIdentity)] as const).apply(userIdentity);

    this.vmName = vm.vmName;
    this.vmId = vm.vmId;
    this.resourceGroupName = vm.resourceGroupName;
    this.location = vm.location;
    this.adminUsername = vm.adminUsername;
    this.publicIpAddress = vm.publicIpAddress;
    this.privateIpAddress = vm.privateIpAddress;
    this.principalId = identity.principalId;
    this.clientId = identity.clientId;
    this.tenantId = identity.tenantId;
    this.identityName = identity.identityName;
    const { principalId, clientId, tenantId, identityName, vmName, vmId } = this;
    this.registerOutputs({ principalId, clientId, tenantId, identityName, vmName, vmId });
  }
}

/** The identity of these ids belongs to the machine and has its name. */
function systemIdentity(name: string, vm: pulumi.Output<FoundVm>, own: { parent: pulumi.Resource }) {
  const { principalId, clientId, tenantId } = new VmIdentity(name, { vmId: vm.vmId }, own);
  return { principalId, clientId, tenantId, identityName: vm.vmName };
}

function userIdentity([vm, identity]: readonly [FoundVm, FoundIdentity]): FoundIdentity {
  requireOnVm(vm, identity);
  return identity;
}
