import {
  flag,
  integer,
  list,
  object,
  oneOf,
  type Property,
  type ResourceType,
  resourceGroupName,
  stringSet,
  tags,
  text,
} from "../engine/schema.ts";

const API_VERSION = "2024-11-01";
const SPECIFICATION = "specification/compute/resource-manager/Microsoft.Compute/ComputeRP/stable/2024-11-01";
const VIRTUAL_MACHINE_PATH =
  "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers/Microsoft.Compute/virtualMachines/{vmName}";

/** A Linux VM's name. Assumed. */
const vmName: Property = text({
  required: true,
  replaces: true,
  minLength: 1,
  maxLength: 64,
  pattern: /^[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?$/,
  rule: "letters, digits, periods and hyphens, beginning and ending with a letter or digit",
});

/** Source: `OSProfile` in computeRPCommon.json, which lists these words. */
const RESERVED_USERNAMES =
  /^(?!(administrator|admin|user|user1|test|user2|test1|user3|admin1|1|123|a|actuser|adm|admin2|aspnet|backup|console|david|guest|john|owner|root|server|sql|support|support_388945a0|sys|test2|test3|user4|user5)$)[a-z_][a-z0-9_-]*$/;

const LINUX_CONFIGURATION = object(
  {
    disablePasswordAuthentication: flag(),
    provisionVMAgent: flag({ only: true }),
    ssh: object({ publicKeys: list(object({ keyData: text({ required: true }), path: text() })) }),
    patchSettings: object(
      {
        assessmentMode: oneOf(["ImageDefault", "AutomaticByPlatform"]),
        patchMode: oneOf(["ImageDefault", "AutomaticByPlatform"]),
      },
      { notEmulated: ["automaticByPlatformSettings"] },
    ),
  },
  { notEmulated: ["enableVMAgentPlatformUpdates"], computed: ["enableVMAgentPlatformUpdates"] },
);

const OS_PROFILE = object(
  {
    computerName: text({ minLength: 1, maxLength: 64 }),
    adminUsername: text({
      required: true,
      minLength: 1,
      maxLength: 64,
      pattern: RESERVED_USERNAMES,
      rule: "a Linux user name that Azure does not reserve (not admin, root, user, test and their like)",
    }),
    adminPassword: text(),
    customData: text({
      maxLength: 87380,
      pattern: /^[A-Za-z0-9+/]*={0,2}$/,
      rule: "base64",
    }),
    allowExtensionOperations: flag(),
    linuxConfiguration: LINUX_CONFIGURATION,
  },
  {
    notEmulated: ["requireGuestProvisionSignal", "secrets", "windowsConfiguration"],
    computed: ["requireGuestProvisionSignal", "secrets"],
  },
);

const STORAGE_PROFILE = object(
  {
    imageReference: object(
      {
        publisher: text({ required: true }),
        offer: text({ required: true }),
        sku: text({ required: true }),
        version: text({ required: true }),
      },
      { notEmulated: ["communityGalleryImageId", "id", "sharedGalleryImageId"], computed: ["exactVersion"] },
    ),
    osDisk: object(
      {
        name: text({ minLength: 1, maxLength: 80 }),
        createOption: oneOf(["FromImage", "Empty", "Attach", "Copy", "Restore"], { required: true, only: "FromImage" }),
        deleteOption: oneOf(["Delete", "Detach"]),
        caching: oneOf(["None", "ReadOnly", "ReadWrite"]),
        diskSizeGB: integer({ minimum: 1, maximum: 4095 }),
        osType: oneOf(["Linux", "Windows"], { only: "Linux" }),
        managedDisk: object(
          {
            storageAccountType: oneOf([
              "Standard_LRS",
              "Premium_LRS",
              "StandardSSD_LRS",
              "UltraSSD_LRS",
              "Premium_ZRS",
              "StandardSSD_ZRS",
              "PremiumV2_LRS",
            ]),
          },
          { notEmulated: ["diskEncryptionSet", "id", "securityProfile"], computed: ["id"] },
        ),
      },
      { notEmulated: ["diffDiskSettings", "encryptionSettings", "image", "vhd", "writeAcceleratorEnabled"] },
    ),
  },
  {
    notEmulated: ["alignRegionalDisksToVMZone", "dataDisks", "diskControllerType"],
    computed: ["dataDisks", "diskControllerType"],
  },
);

const SECURITY_PROFILE = object(
  {
    securityType: oneOf(["Standard", "TrustedLaunch", "ConfidentialVM"]),
    encryptionAtHost: flag(),
    uefiSettings: object({ secureBootEnabled: flag(), vTpmEnabled: flag() }),
  },
  { notEmulated: ["encryptionIdentity", "proxyAgentSettings"] },
);

/**
 * A virtual machine. The specification marks nothing as creation-only, so azure-native replaces it for a new name or resource group alone,
 * and Azure refuses other changes (pulumi/pulumi-azure-native issue 577).
 */
export const VIRTUAL_MACHINE: ResourceType = {
  token: "azure-native:compute:VirtualMachine",
  armType: "Microsoft.Compute/virtualMachines",
  apiVersion: API_VERSION,
  source: `${SPECIFICATION}/virtualMachine.json`,
  path: VIRTUAL_MACHINE_PATH,
  inputs: {
    resourceGroupName,
    vmName,
    location: text({ required: true }),
    tags,
    identity: object(
      {
        type: oneOf(["SystemAssigned", "UserAssigned", "SystemAssigned, UserAssigned", "None"]),
        userAssignedIdentities: stringSet(),
      },
      { computed: ["principalId", "tenantId"] },
    ),
    hardwareProfile: object(
      { vmSize: text({ required: true, pattern: /^(Standard|Basic)_\w+$/, rule: "a size such as Standard_B2ats_v2" }) },
      { required: true, notEmulated: ["vmSizeProperties"] },
    ),
    osProfile: { ...OS_PROFILE, required: true },
    storageProfile: { ...STORAGE_PROFILE, required: true },
    networkProfile: object(
      {
        networkInterfaces: list(
          object({ id: text({ required: true }), primary: flag(), deleteOption: oneOf(["Delete", "Detach"]) }),
          { required: true },
        ),
      },
      { required: true, notEmulated: ["networkApiVersion", "networkInterfaceConfigurations"] },
    ),
    securityProfile: SECURITY_PROFILE,
    diagnosticsProfile: object({
      bootDiagnostics: object({ enabled: flag() }, { notEmulated: ["storageUri"] }),
    }),
    priority: oneOf(["Regular", "Low", "Spot"], { only: "Regular" }),
    zones: list(oneOf(["1", "2", "3"])),
    userData: text(),
  },
  notEmulated: [
    "additionalCapabilities",
    "applicationProfile",
    "availabilitySet",
    "billingProfile",
    "capacityReservation",
    "evictionPolicy",
    "extendedLocation",
    "extensionsTimeBudget",
    "host",
    "hostGroup",
    "licenseType",
    "placement",
    "plan",
    "platformFaultDomain",
    "proximityPlacementGroup",
    "scheduledEventsPolicy",
    "scheduledEventsProfile",
    "virtualMachineScaleSet",
  ],
  outputs: [
    "additionalCapabilities",
    "applicationProfile",
    "availabilitySet",
    "azureApiVersion",
    "billingProfile",
    "capacityReservation",
    "diagnosticsProfile",
    "etag",
    "evictionPolicy",
    "extendedLocation",
    "extensionsTimeBudget",
    "hardwareProfile",
    "host",
    "hostGroup",
    "identity",
    "instanceView",
    "licenseType",
    "location",
    "managedBy",
    "name",
    "networkProfile",
    "osProfile",
    "placement",
    "plan",
    "platformFaultDomain",
    "priority",
    "provisioningState",
    "proximityPlacementGroup",
    "resources",
    "scheduledEventsPolicy",
    "scheduledEventsProfile",
    "securityProfile",
    "storageProfile",
    "systemData",
    "tags",
    "timeCreated",
    "type",
    "userData",
    "virtualMachineScaleSet",
    "vmId",
    "zones",
  ],
};

const SCRIPT_PARAMETERS = list(object({ name: text({ required: true }), value: text({ required: true }) }));

/** A script that runs on a VM when the resource is made and when it changes: Azure's managed Run Command. */
export const RUN_COMMAND: ResourceType = {
  token: "azure-native:compute:VirtualMachineRunCommandByVirtualMachine",
  armType: "Microsoft.Compute/virtualMachines/runCommands",
  apiVersion: API_VERSION,
  source: `${SPECIFICATION}/runCommand.json`,
  path: `${VIRTUAL_MACHINE_PATH}/runCommands/{runCommandName}`,
  inputs: {
    resourceGroupName,
    vmName,
    runCommandName: text({ required: true, replaces: true, minLength: 1 }),
    location: text({ required: true }),
    tags,
    source: object(
      { script: text({ required: true }) },
      { required: true, notEmulated: ["commandId", "scriptUri", "scriptUriManagedIdentity"] },
    ),
    parameters: SCRIPT_PARAMETERS,
    protectedParameters: SCRIPT_PARAMETERS,
    timeoutInSeconds: integer({ minimum: 1 }),
    treatFailureAsDeploymentFailure: flag({ default: false }),
    asyncExecution: flag({ only: false, default: false }),
  },
  notEmulated: [
    "errorBlobManagedIdentity",
    "errorBlobUri",
    "outputBlobManagedIdentity",
    "outputBlobUri",
    "runAsPassword",
    "runAsUser",
  ],
  outputs: [
    "asyncExecution",
    "azureApiVersion",
    "errorBlobManagedIdentity",
    "errorBlobUri",
    "instanceView",
    "location",
    "name",
    "outputBlobManagedIdentity",
    "outputBlobUri",
    "parameters",
    "protectedParameters",
    "provisioningState",
    "runAsPassword",
    "runAsUser",
    "source",
    "systemData",
    "tags",
    "timeoutInSeconds",
    "treatFailureAsDeploymentFailure",
    "type",
  ],
};
