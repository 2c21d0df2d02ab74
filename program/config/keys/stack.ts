import { ENVIRONMENTS } from "entra-postgres/environments";
import { APP_FIELDS, DATABASE_NAME, SCHEMA_FIELDS, VM_NAME } from "../appFields.ts";
import { armIdOf, oneOf, SWITCH, text } from "../key.ts";

/** Kinds of managed identity that a VM can have. */
export const IDENTITY_TYPES = ["SystemAssigned", "UserAssigned"] as const;

/** What the stack is, and its applications with their VMs. */
export const STACK_KEYS = {
  environment: {
    ...oneOf(ENVIRONMENTS),
    default: "dev",
    description:
      "What the stack is for; it decides the defaults of other keys. policies/stacks/<stack>.json has to name the same environment",
    change: "changes the defaults, and the tag of every resource",
  },
  location: {
    ...text(/^[a-z0-9]+$/, "an Azure region", "swedencentral"),
    default: "swedencentral",
    description:
      "Azure region of every resource; the default takes new servers with zone redundancy, geo-redundant backups and v5 compute, by Microsoft's table of 2025-12-22",
    change: "replaces every resource, the server and its data included",
  },
  resourceGroupName: {
    ...text(
      /^[-\w.()]{0,89}[-\w()]$/,
      "1 to 90 letters, digits, underscores, hyphens, periods and parentheses, not ending in a period",
      "rg-orders",
    ),
    default: "",
    defaultWords: "a new one",
    description: "An existing resource group for every resource",
    change: "replaces every resource, the server and its data included",
  },
  apps: {
    fields: APP_FIELDS,
    description:
      "The applications, each with a database role and a schema of its own or a shared one. The role is that of a new VM, of an existing VM (existingVmId, with its system-assigned identity or with identityId), of a user-assigned identity elsewhere (identityId alone), or of any principal (objectId with roleName and principalType). Without a list there is one, app, a migrator of schema app",
    change:
      "adds, changes or removes that application; formerName renames it and keeps its resources; another profile or schema is changed in place",
  },
  schemas: {
    fields: SCHEMA_FIELDS,
    description:
      "The schemas that differ from the default: an application without schema has one that is named like itself, in databaseName",
    change:
      "name must stay; another schema renames it in place; another database needs an empty schema; a removed schema that contains objects is kept unless onDelete says otherwise",
  },
  existingServerId: {
    ...armIdOf("a flexible server", "Microsoft.DBforPostgreSQL/flexibleServers"),
    default: "",
    defaultWords: "a new one",
    description:
      "A server that another program made. Its settings, administrators, firewall rules and databases stay; Microsoft Entra is enabled where it is off, which restarts it",
    change: "moves the roles and schemas to that server; nothing else of either server is changed",
  },
  privateDatabases: {
    ...SWITCH,
    default: "",
    defaultWords: "Enabled for a new server, Disabled for an existing one",
    description:
      "Whether only the members of a database's schemas can connect to it: CONNECT is taken from PUBLIC, and given back",
    change: "takes CONNECT from PUBLIC, or gives it back",
  },
  vmName: {
    ...VM_NAME,
    default: "",
    defaultWords: "<project>-<stack>",
    description:
      "Name of the VM, of its identity and of the database role; with apps, the beginning of their VMs' names",
    change: "replaces the VM and binds the database role to its new identity",
  },
  vmSize: {
    ...text(/^(Standard|Basic)_\w+$/, "an Azure VM size", "Standard_B2ats_v2"),
    default: "Standard_B2ats_v2",
    description: "Azure VM size; it must support trusted launch",
    change: "restarts the VM",
  },
  identityType: {
    ...oneOf(IDENTITY_TYPES),
    default: "SystemAssigned",
    description:
      "SystemAssigned: the identity is created and deleted with the VM. UserAssigned: it is a resource of its own",
    change: "gives the VM another identity, to which the database role is bound again",
  },
  databaseName: {
    ...DATABASE_NAME,
    default: "app",
    description: "Database of the schemas that name no other",
    change: "creates another database and deletes this one, unless deletionProtection refuses it",
  },
} as const;
