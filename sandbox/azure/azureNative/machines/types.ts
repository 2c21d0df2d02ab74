import { resourceType } from "../engine/resourceType.ts";

const VIRTUAL_MACHINE_PATH =
  "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.Compute/virtualMachines/{vmName}";

/** A Linux VM's name. Assumed. */
const VM_NAME = {
  minLength: 1,
  maxLength: 64,
  pattern: /^[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?$/,
  rule: "letters, digits, periods and hyphens, beginning and ending with a letter or digit",
};

/** Source: `OSProfile` in azure-rest-api-specs, compute 2024-11-01, computeRPCommon.json, which lists these words. */
const RESERVED_USERNAMES =
  /^(?!(administrator|admin|user|user1|test|user2|test1|user3|admin1|1|123|a|actuser|adm|admin2|aspnet|backup|console|david|guest|john|owner|root|server|sql|support|support_388945a0|sys|test2|test3|user4|user5)$)[a-z_][a-z0-9_-]*$/;

/**
 * A virtual machine. The specification marks nothing as creation-only, so azure-native replaces it for a new name or resource group alone,
 * and Azure refuses other changes (pulumi/pulumi-azure-native issue 577). Its names follow azure-rest-api-specs, compute 2024-11-01.
 */
export const VIRTUAL_MACHINE = resourceType({
  token: "azure-native:compute:VirtualMachine",
  path: VIRTUAL_MACHINE_PATH,
  emulates: [
    "identity.type",
    "identity.userAssignedIdentities",
    "osProfile.adminPassword",
    "osProfile.allowExtensionOperations",
    "osProfile.linuxConfiguration.disablePasswordAuthentication",
    "osProfile.linuxConfiguration.ssh.publicKeys.path",
    "osProfile.linuxConfiguration.patchSettings.assessmentMode",
    "osProfile.linuxConfiguration.patchSettings.patchMode",
    "storageProfile.osDisk.deleteOption",
    "storageProfile.osDisk.caching",
    "storageProfile.osDisk.managedDisk.storageAccountType",
    "networkProfile.networkInterfaces.primary",
    "networkProfile.networkInterfaces.deleteOption",
    "securityProfile.encryptionAtHost",
    "securityProfile.uefiSettings.secureBootEnabled",
    "securityProfile.uefiSettings.vTpmEnabled",
    "diagnosticsProfile.bootDiagnostics.enabled",
    "userData",
  ],
  rules: {
    vmName: VM_NAME,
    location: { required: true },
    hardwareProfile: { required: true },
    "hardwareProfile.vmSize": {
      required: true,
      pattern: /^(Standard|Basic)_\w+$/,
      rule: "a size such as Standard_B2ats_v2",
    },
    osProfile: { required: true },
    "osProfile.computerName": { minLength: 1, maxLength: 64 },
    "osProfile.adminUsername": {
      required: true,
      minLength: 1,
      maxLength: 64,
      pattern: RESERVED_USERNAMES,
      rule: "a Linux user name that Azure does not reserve (not admin, root, user, test and their like)",
    },
    "osProfile.customData": { maxLength: 87380, pattern: /^[A-Za-z0-9+/]*={0,2}$/, rule: "base64" },
    "osProfile.linuxConfiguration.provisionVMAgent": { only: true },
    "osProfile.linuxConfiguration.ssh.publicKeys.keyData": { required: true },
    storageProfile: { required: true },
    "storageProfile.imageReference.publisher": { required: true },
    "storageProfile.imageReference.offer": { required: true },
    "storageProfile.imageReference.sku": { required: true },
    "storageProfile.imageReference.version": { required: true },
    "storageProfile.osDisk.name": { minLength: 1, maxLength: 80 },
    "storageProfile.osDisk.createOption": { only: "FromImage" },
    "storageProfile.osDisk.diskSizeGB": { minimum: 1, maximum: 4095 },
    "storageProfile.osDisk.osType": { only: "Linux" },
    networkProfile: { required: true },
    "networkProfile.networkInterfaces": { required: true },
    "networkProfile.networkInterfaces.id": { required: true },
    "securityProfile.securityType": { values: ["Standard", "TrustedLaunch", "ConfidentialVM"] },
    priority: { only: "Regular" },
    zones: { values: ["1", "2", "3"] },
  },
});

/** A script that runs on a VM when the resource is created and when it changes: Azure's managed Run Command. */
export const RUN_COMMAND = resourceType({
  token: "azure-native:compute:VirtualMachineRunCommandByVirtualMachine",
  path: `${VIRTUAL_MACHINE_PATH}/runCommands/{runCommandName}`,
  emulates: ["parameters.name", "parameters.value", "protectedParameters.name", "protectedParameters.value"],
  rules: {
    vmName: VM_NAME,
    runCommandName: { minLength: 1 },
    location: { required: true },
    source: { required: true },
    "source.script": { required: true },
    timeoutInSeconds: { minimum: 1 },
    treatFailureAsDeploymentFailure: { default: false },
    asyncExecution: { only: false, default: false },
  },
});

/** A user-assigned managed identity. Name: Azure's naming rules, Microsoft.ManagedIdentity/userAssignedIdentities. */
export const USER_ASSIGNED_IDENTITY = resourceType({
  token: "azure-native:managedidentity:UserAssignedIdentity",
  path: "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{resourceName}",
  rules: {
    resourceName: {
      minLength: 3,
      maxLength: 128,
      pattern: /^[a-zA-Z0-9][\w-]*$/,
      rule: "letters, digits, hyphens and underscores, beginning with a letter or digit",
    },
    location: { required: true, replaces: true },
  },
});
