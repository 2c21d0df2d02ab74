import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { RESOURCE_GROUP_PATH } from "./engine/armId.ts";
import { type ResourceTypeRules, resourceType } from "./engine/resourceType.ts";

const RULES: Record<string, Omit<ResourceTypeRules, "token">> = parse(
  readFileSync(join(import.meta.dirname, "resourceTypes.yaml"), "utf8"),
  { merge: true },
);

export const RESOURCE_GROUP = emulatedType("resources:ResourceGroup");
export const VIRTUAL_MACHINE = emulatedType("compute:VirtualMachine");
export const RUN_COMMAND = emulatedType("compute:VirtualMachineRunCommandByVirtualMachine");
export const USER_ASSIGNED_IDENTITY = emulatedType("managedidentity:UserAssignedIdentity");
export const VIRTUAL_NETWORK = emulatedType("network:VirtualNetwork");
export const SUBNET = emulatedType("network:Subnet");
export const NETWORK_SECURITY_GROUP = emulatedType("network:NetworkSecurityGroup");
export const PUBLIC_IP_ADDRESS = emulatedType("network:PublicIPAddress");
export const NETWORK_INTERFACE = emulatedType("network:NetworkInterface");
export const PRIVATE_ENDPOINT = emulatedType("network:PrivateEndpoint");
export const PRIVATE_DNS_ZONE_GROUP = emulatedType("network:PrivateDnsZoneGroup");
export const PRIVATE_ZONE = emulatedType("privatedns:PrivateZone");
export const VIRTUAL_NETWORK_LINK = emulatedType("privatedns:VirtualNetworkLink");
export const SERVER = emulatedType("dbforpostgresql:Server");
export const ADMINISTRATOR = emulatedType("dbforpostgresql:AdministratorsMicrosoftEntra");
export const DATABASE = emulatedType("dbforpostgresql:Database");
export const CONFIGURATION = emulatedType("dbforpostgresql:Configuration");
export const FIREWALL_RULE = emulatedType("dbforpostgresql:FirewallRule");
export const WORKSPACE = emulatedType("operationalinsights:Workspace");
export const DIAGNOSTIC_SETTING = emulatedType("monitor:DiagnosticSetting");

/** A type of resourceTypes.yaml; a path that begins with a provider's namespace is inside a resource group. */
function emulatedType(name: string) {
  const token = `azure-native:${name}`;
  const rules = RULES[token];
  if (rules === undefined) throw new Error(`resourceTypes.yaml lacks ${token}.`);
  const path = rules.path.startsWith("Microsoft.") ? `${RESOURCE_GROUP_PATH}/providers/${rules.path}` : rules.path;
  return resourceType({ ...rules, token, path });
}
