import { getClientConfigOutput } from "@pulumi/azure-native/authorization/getClientConfig.js";
import { VirtualMachine } from "@pulumi/azure-native/compute/virtualMachine.js";
import { Server } from "@pulumi/azure-native/dbforpostgresql/server.js";
import { NetworkInterface } from "@pulumi/azure-native/network/networkInterface.js";
import { PublicIPAddress } from "@pulumi/azure-native/network/publicIPAddress.js";
import { Subnet } from "@pulumi/azure-native/network/subnet.js";
import { VirtualNetwork } from "@pulumi/azure-native/network/virtualNetwork.js";
import { ResourceGroup } from "@pulumi/azure-native/resources/resourceGroup.js";
import * as pulumi from "@pulumi/pulumi";

// A VM without an identity and a server, as another team may have made them.
const config = new pulumi.Config();
const location = config.get("location") ?? "swedencentral";
const { tenantId } = getClientConfigOutput();
const { name: resourceGroupName } = new ResourceGroup("theirs", { location });
const scope = { resourceGroupName, location };

const network = new VirtualNetwork("net", { ...scope, addressSpace: { addressPrefixes: ["10.9.0.0/24"] } });
const subnet = new Subnet("vms", { resourceGroupName, virtualNetworkName: network.name, addressPrefix: "10.9.0.0/25" });
const address = new PublicIPAddress("vm", {
  ...{ ...scope, sku: { name: "Standard" }, publicIPAllocationMethod: "Static" },
});
const networkInterface = new NetworkInterface("vm", {
  ...scope,
  ipConfigurations: [{ name: "primary", subnet: { id: subnet.id }, publicIPAddress: { id: address.id } }],
});
const keyData = config.require("sshPublicKey");
const vm = new VirtualMachine("vm", {
  ...{ ...scope, vmName: "legacy-vm", hardwareProfile: { vmSize: "Standard_B2ats_v2" } },
  osProfile: {
    ...{ computerName: "legacy-vm", adminUsername: "azureuser" },
    linuxConfiguration: {
      disablePasswordAuthentication: true,
      ssh: { publicKeys: [{ path: "/home/azureuser/.ssh/authorized_keys", keyData }] },
    },
  },
  storageProfile: {
    imageReference: { publisher: "Canonical", offer: "ubuntu-24_04-lts", sku: "server", version: "latest" },
    osDisk: { createOption: "FromImage", managedDisk: { storageAccountType: "StandardSSD_LRS" } },
  },
  networkProfile: { networkInterfaces: [{ id: networkInterface.id, primary: true }] },
});
const server = new Server("db", {
  ...{ ...scope, version: config.get("version") ?? "17", sku: { name: "Standard_B1ms", tier: "Burstable" } },
  ...{ storage: { storageSizeGB: 32 }, network: { publicNetworkAccess: "Enabled" } },
  authConfig: { activeDirectoryAuth: "Enabled", passwordAuth: "Disabled", tenantId },
});

export const vmId = vm.id;
export const serverId = server.id;
