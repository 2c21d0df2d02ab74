import { memberNameProblem } from "entra-postgres/role-names";
import { z } from "zod";
import { armIdOf, OBJECT_ID, oneOf, text, wholeNumber } from "../key.ts";

/** Kinds of administrator. */
export const ADMINISTRATOR_TYPES = ["User", "Group", "ServicePrincipal"] as const;

/** An address from a block for documentation. */
export const ADDRESS_EXAMPLE = "198.51.100.7";

const NAME = {
  type: z.string().refine((name) => memberNameProblem(name) === undefined),
  allowed: "a user's principal name, or a group's or service's display name, of at most 63 bytes that can all be seen",
  example: "on-call",
};

/** The parts of an administrator, all required. */
export const ADMINISTRATOR_FIELDS = {
  objectId: OBJECT_ID,
  name: NAME,
  type: oneOf(ADMINISTRATOR_TYPES, "Group"),
};

const ADDRESS = text(/^/, "a text", ADDRESS_EXAMPLE);

/** Who administers the server, and which addresses can connect to what. */
export const ACCESS_KEYS = {
  adminObjectId: {
    ...OBJECT_ID,
    default: "",
    defaultWords: "the identity that runs Pulumi",
    description: "Object id of the server's first administrator, together with adminName and adminType",
    change: "replaces the administrator",
  },
  adminName: {
    ...NAME,
    example: "db-admins",
    default: "",
    defaultWords: "the identity that runs Pulumi",
    description: "Role of the first administrator: a user's principal name, or a group's or service's display name",
    change: "replaces the administrator",
  },
  adminType: {
    ...oneOf(ADMINISTRATOR_TYPES, "Group"),
    default: "",
    defaultWords: "the identity that runs Pulumi",
    description: "Type of the first administrator",
    change: "replaces the administrator",
  },
  moreAdministrators: {
    fields: ADMINISTRATOR_FIELDS,
    description: "More administrators of the server, such as a group for emergencies",
    change: "adds or removes that administrator",
  },
  allowedAddresses: {
    item: ADDRESS,
    description:
      "IPv4 addresses or CIDR ranges that can connect to the database server, beside the VMs; the one that you deploy from must be among them. None with publicAccess Disabled",
    change: "adds or removes that firewall rule",
  },
  runnerNetworkId: {
    ...armIdOf("a virtual network", "Microsoft.Network/virtualNetworks"),
    default: "",
    defaultWords: "none",
    description: "With publicAccess Disabled, the virtual network of the machines that run Pulumi, to be peered",
    change: "replaces the peering",
  },
  vmSubnetId: {
    ...armIdOf("a subnet", "Microsoft.Network/virtualNetworks/subnets"),
    default: "",
    defaultWords: "a new network",
    description:
      "An existing subnet for the new VMs; with publicAccess Disabled, one that leads to the server's endpoint",
    change: "replaces the VMs; their roles stay",
  },
  endpointSubnetId: {
    ...armIdOf("a subnet", "Microsoft.Network/virtualNetworks/subnets"),
    default: "",
    defaultWords: "a new network",
    description:
      "With publicAccess Disabled, an existing subnet for the server's private endpoint; needs privateDnsZoneId",
    change: "replaces the private endpoint",
  },
  privateDnsZoneId: {
    ...armIdOf("a private DNS zone", "Microsoft.Network/privateDnsZones"),
    default: "",
    defaultWords: "a new zone",
    description:
      "With endpointSubnetId, the zone privatelink.postgres.database.azure.com of the organisation, to which its networks are linked already",
    change: "replaces the record of the server's name",
  },
  sshKeyFile: {
    ...text(/\S/, "the path of a private key", "~/.ssh/id_ed25519"),
    default: "",
    defaultWords: "none",
    description: "Path of an SSH private key, its public key beside it in .pub; without it nobody can log in to the VM",
    change: "replaces the VMs",
  },
  sshAllowedAddresses: {
    item: ADDRESS,
    description: "IPv4 addresses or CIDR ranges that can connect to the VMs' SSH",
    change: "changes the rules of the network security groups",
  },
  sshPort: {
    ...wholeNumber(1, 65535),
    default: "22",
    description: "Port of the VMs' SSH, as seen from where Pulumi runs",
    change: "runs every connection test again",
  },
} as const;
