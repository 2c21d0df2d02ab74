import { BASE, type Change } from "./change.ts";
import type { Config, Trial } from "./trial.ts";

/** What a VM that moves looks like in the output of `up`. */
const MOVED = [
  /NetworkInterface orders-nic replaced/,
  /VirtualMachine orders-vm replaced/,
  /EntraPrincipal orders updated/,
];

/** A subnet that another program made. */
const THEIRS = { resourceGroupName: "theirs", location: "swedencentral" };
async function makeSubnet({ program: { sandbox } }: Trial): Promise<void> {
  const add = (token: string, inputs: object) => sandbox.azure.add(`azure-native:${token}`, { ...inputs });
  await add("resources:ResourceGroup", THEIRS);
  const space = { addressSpace: { addressPrefixes: ["10.9.0.0/24"] } };
  await add("network:VirtualNetwork", { ...THEIRS, virtualNetworkName: "net", ...space });
  const subnet = { virtualNetworkName: "net", subnetName: "vms", addressPrefix: "10.9.0.0/25" };
  await add("network:Subnet", { resourceGroupName: "theirs", ...subnet });
}
const inSubnet = ({ program: { sandbox } }: Trial): Config => {
  const found = sandbox.azure
    .resources()
    .find(({ id }) =>
      id.endsWith("/resourceGroups/theirs/providers/Microsoft.Network/virtualNetworks/net/subnets/vms"),
    );
  return { ...BASE, vmSubnetId: found?.id };
};

/** How the server is reached, and from where. */
export const NETWORK_CHANGES: readonly Change[] = [
  {
    rows: [
      {
        change: "public access off and on (`publicAccess`)",
        happens:
          "firewall rules go, a private endpoint comes; the VMs are replaced, which Azure moves to no other network",
        stays: "server, schema, tables; the role is bound to the new VM's identity",
      },
      {
        change: "VMs to another network (`vmSubnetId`)",
        happens: "the VMs are replaced",
        stays: "server, schema, tables; the role is bound to the new VM's identity",
      },
    ],
    prepare: makeSubnet,
    steps: [
      { config: { ...BASE, publicAccess: "Disabled", allowedAddresses: [] }, prints: MOVED },
      { config: inSubnet, prints: MOVED },
    ],
  },
];
