import type * as pulumi from "@pulumi/pulumi";

/** The arguments of {@link IdentityVm}. */
export interface IdentityVmArgs {
  /** Resource group to create everything in. Changing it replaces everything. */
  resourceGroupName: pulumi.Input<string>;
  /** Azure region, such as `westeurope`. Changing it replaces everything. */
  location: pulumi.Input<string>;
  /**
   * Name of the VM; with a system-assigned identity also the identity's, and so the database role's. At most 63 bytes.
   * Unique in the tenant, or the role is bound by object id. @default the component's name. Changing it replaces the VM.
   */
  vmName?: pulumi.Input<string>;
  /** Azure VM size. It must support trusted launch. @default "Standard_B2ats_v2". A change restarts the VM. */
  vmSize?: pulumi.Input<string>;
  /** `SystemAssigned`: the identity lives and dies with the VM. `UserAssigned`: it outlives it. @default "SystemAssigned" */
  identityType?: string;
  /** ARM id of an existing user-assigned identity; several machines can have the same. @default one that `identityType` says */
  identityId?: pulumi.Input<string>;
  /** Login name of the SSH user. @default "azureuser". Changing it replaces the VM. */
  adminUsername?: pulumi.Input<string>;
  /** SSH public key in OpenSSH form. @default a key whose private half nobody holds. Changing it replaces the VM. */
  sshPublicKey?: pulumi.Input<string>;
  /** Addresses or CIDR ranges that may reach SSH. @default none: the network security group lets nothing in */
  sshAllowedAddresses?: pulumi.Input<pulumi.Input<string>[]>;
  /** ARM id of a subnet to be in, such as that of a `PrivateNetwork`. @default one of its own. Changing it replaces the network interface. */
  subnetId?: pulumi.Input<string>;
  /** IPv4 range of the VM's own network, without `subnetId`. @default "10.42.0.0/24". Changing it replaces the subnet. */
  addressPrefix?: pulumi.Input<string>;
  /**
   * What cloud-init is to do on the first boot besides installing the tools of the connection test, such as `write_files` and `runcmd`; in all it may
   * have 64 KiB, and it can be read on the VM: no place for secrets. @default nothing. Changing it replaces the VM.
   */
  cloudConfig?: pulumi.Input<CloudConfig>;
  /** Tags for every resource. @default none */
  tags?: pulumi.Input<{ [key: string]: pulumi.Input<string> }>;
}

/** cloud-init's configuration: https://cloudinit.readthedocs.io/en/latest/reference/modules.html */
export interface CloudConfig {
  /** Packages to install besides the tools of the connection test. */
  packages?: string[];
  [module: string]: unknown;
}
