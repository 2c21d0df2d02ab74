import type { ErrorTable } from "./entry.ts";

/** The virtual machine and its identity. */
export const VM_ERRORS = {
  "EP-VM-01": {
    title: "An argument of IdentityVm is invalid",
    meaning: "The value was refused before any resource was created.",
    next: "correct the arguments that the error names",
  },
  "EP-VM-02": {
    title: "The id is not that of a virtual machine or identity",
    meaning: "An existing resource is named by its ARM id.",
    next: "copy the id: `az vm show --query id`, or `az identity show --query id`",
  },
  "EP-VM-03": {
    title: "The virtual machine or identity cannot be read",
    meaning: "It does not exist, or whoever runs Pulumi has no right to read it. Nothing was changed.",
    next: "compare the id with `az vm list --query [].id`; whoever runs Pulumi needs Reader on it",
  },
  "EP-VM-04": {
    title: "Azure does not answer the identity's ids",
    meaning: "The identity of the virtual machine has no object id or client id in Azure's response.",
    next: "look at `az vm identity show`, then run `pulumi up` again",
  },
  "EP-VM-05": {
    title: "The virtual machine does not run Linux",
    meaning: "The connection test is a shell script. The role itself needs no particular system.",
    next: "give the identity alone: identityId, or objectId and roleName, without existingVmId; then no test runs",
  },
  "EP-VM-06": {
    title: "The resource is in another subscription, tenant or region",
    meaning:
      "A program works in one subscription and one tenant, and a server with its clients in one region. Nothing was changed.",
    next: "name a resource of the stack's subscription, tenant and region, or set azure-native:subscriptionId and location",
  },
  "EP-VM-07": {
    title: "The identity is not on the virtual machine",
    meaning: "The metadata service of a machine gives tokens for the identities that the machine has, and no others.",
    next: "az vm identity assign --ids <VM's id> --identities <identity's id>",
  },
  "EP-VM-08": {
    title: "The virtual machine has no public address",
    meaning: "The firewall of a server with a public endpoint lets in addresses, and this machine shares another's.",
    next: "add the address by which the machine leaves its network (that of its NAT gateway) to allowedAddresses",
  },
} as const satisfies ErrorTable;
