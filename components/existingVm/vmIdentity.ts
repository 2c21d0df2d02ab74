import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "../dynamicResource/dynamicResource.ts";

/** The arguments of {@link VmIdentity}. */
export interface VmIdentityArgs {
  /** ARM id of the virtual machine. Changing it replaces. */
  vmId: pulumi.Input<string>;
  /** Seconds that one operation may take, waits included, 1 to 3600. @default 600 */
  deadlineSeconds?: pulumi.Input<number>;
}

/**
 * The system-assigned identity of a virtual machine that another program made. It is enabled where it is off, as `az vm identity assign` does; the
 * rest of the machine stays as it is. A delete gives the machine back: it disables the identity that it enabled, and leaves one that was there.
 *
 * It asks Azure as whoever runs Pulumi, who needs `Microsoft.Compute/virtualMachines/read` and, to enable the identity, `…/write`.
 *
 * @throws {UserError} EP-VM-03 for a machine that does not exist, EP-VM-04 without the identity's ids, EP-AZ-18 where Azure refuses the change
 */
export class VmIdentity extends DynamicResource {
  /** Object id of the identity. */
  declare readonly principalId: pulumi.Output<string>;
  /** Client id (application id) of the identity. */
  declare readonly clientId: pulumi.Output<string>;
  /** Tenant of the identity. */
  declare readonly tenantId: pulumi.Output<string>;

  constructor(name: string, { vmId, deadlineSeconds = 600 }: VmIdentityArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      { type: "VmIdentity", runtime: "vm-identity-runtime" },
      name,
      {
        vmId,
        deadlineSeconds,
        principalId: undefined,
        clientId: undefined,
        tenantId: undefined,
        formerType: undefined,
      },
      opts,
    );
  }
}
