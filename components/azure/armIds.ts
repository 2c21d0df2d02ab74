import { show } from "../postgres/roleName.ts";

const BASE = "^/subscriptions/([^/]+)/resourceGroups/([^/]+)/providers/";
const NAME = "/([^/?#]+)$";
const FORM = "/subscriptions/<id>/resourceGroups/<group>/providers/";

/** The names in an ARM id. */
export interface IdNames {
  subscriptionId: string;
  resourceGroupName: string;
  name: string;
}

/** Kinds of resources whose ids users write, or Azure answers, by what errors call them. */
const TYPES = {
  "flexible server": "Microsoft.DBforPostgreSQL/flexibleServers",
  "virtual machine": "Microsoft.Compute/virtualMachines",
  "user-assigned identity": "Microsoft.ManagedIdentity/userAssignedIdentities",
  "network interface": "Microsoft.Network/networkInterfaces",
  "public IP address": "Microsoft.Network/publicIPAddresses",
} as const;

/** A kind of resource, in words. */
export type Kind = keyof typeof TYPES;

/** The names in an ARM id of this kind; undefined for another id. */
export function namesInId(kind: Kind, id: string): IdNames | undefined {
  const [, subscriptionId, resourceGroupName, name] = new RegExp(`${BASE}${TYPES[kind]}${NAME}`, "i").exec(id) ?? [];
  return subscriptionId && resourceGroupName && name ? { subscriptionId, resourceGroupName, name } : undefined;
}

/** What is wrong with an ARM id of this kind. */
export function idProblem(kind: Kind, id: string): string | undefined {
  return namesInId(kind, id) ? undefined : `${show(id)} is not the ARM id of a ${kind}: ${FORM}${TYPES[kind]}/<name>`;
}
