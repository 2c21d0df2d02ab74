import { randomUUID } from "node:crypto";
import { listAt, textAt } from "../../properties/values.ts";
import type { Props } from "../../providerHost.ts";
import type { ArmContext } from "../engine/armContext.ts";
import { armError } from "../engine/armError.ts";
import { nameInId, sameArmId } from "../engine/armId.ts";
import type { Behaviour } from "../engine/behaviour.ts";
import { newEtag } from "../engine/commonOutputs.ts";
import { requireReference } from "../engine/requireReference.ts";
import type { ArmResource } from "../engine/resourceStore.ts";
import {
  NETWORK_INTERFACE,
  PRIVATE_DNS_ZONE_GROUP,
  PRIVATE_ENDPOINT,
  PRIVATE_ZONE,
  SERVER,
  SUBNET,
} from "../resourceTypes.ts";
import { applyAccess, endpointsOf } from "../servers/serverAccess.ts";
import { macAddress, privateAddress } from "./networkInterfaces.ts";

/**
 * Private endpoints of flexible servers. The address is only planned. With an endpoint, the server accepts every client in the
 * network, which means every client of the sandbox.
 */
export function privateEndpoints(context: ArmContext): Behaviour {
  return {
    type: PRIVATE_ENDPOINT,
    async put({ id, inputs, existing }) {
      const subnet = requireReference(context.store, SUBNET, textAt(inputs, "subnet.id"));
      const connections = listAt(inputs, "privateLinkServiceConnections") as Props[];
      const server = requireServer(context, id, connections);
      const nicId = String(
        existing?.hidden.nicId ?? `${siblings(id)}/networkInterfaces/${nameInId(id)}.nic.${randomUUID()}`,
      );
      const address = putInterface(context, nicId, id, subnet, inputs);
      applyAccess(context, server.id, { hasEndpoint: true });
      return {
        state: {
          privateLinkServiceConnections: connections.map((connection) => ({
            ...connection,
            id: `${id}/privateLinkServiceConnections/${connection.name}`,
            etag: newEtag(),
            provisioningState: "Succeeded",
            privateLinkServiceConnectionState: {
              status: "Approved",
              description: "Auto-Approved",
              actionsRequired: "None",
            },
          })),
          customDnsConfigs: [{ fqdn: server.state.fullyQualifiedDomainName, ipAddresses: [address] }],
          networkInterfaces: [{ id: nicId }],
        },
        hidden: { nicId, serverId: server.id },
      };
    },
    async remove(endpoint) {
      const serverId = String(endpoint.hidden.serverId);
      context.store.remove(String(endpoint.hidden.nicId));
      const hasEndpoint = endpointsOf(context, serverId).some((other) => !sameArmId(other.id, endpoint.id));
      applyAccess(context, serverId, { hasEndpoint });
    },
  };
}

/** The groups of zones that endpoints keep their names in. */
export function privateDnsZoneGroups(context: ArmContext): Behaviour {
  return {
    type: PRIVATE_DNS_ZONE_GROUP,
    async put({ inputs }) {
      const configs = listAt(inputs, "privateDnsZoneConfigs") as Props[];
      for (const { privateDnsZoneId } of configs) {
        requireReference(context.store, PRIVATE_ZONE, String(privateDnsZoneId));
      }
      return {};
    },
  };
}

function requireServer(context: ArmContext, id: string, connections: readonly Props[]): ArmResource {
  const serverId = String(connections[0]?.privateLinkServiceId ?? "");
  const server = context.store.get(serverId);
  if (connections.length === 1 && server?.token === SERVER.token) return server;
  throw armError("InvalidLinkedServer", { endpoint: nameInId(id), serverId });
}

/** The interface that Azure makes with an endpoint; it takes the address from the subnet. */
function putInterface(
  context: ArmContext,
  nicId: string,
  endpointId: string,
  subnet: ArmResource,
  inputs: Props,
): string {
  const existing = context.store.get(nicId);
  const address = privateAddress(context, nicId, subnet, {}, existing, []);
  context.store.put({
    id: nicId,
    token: NETWORK_INTERFACE.token,
    state: {
      name: nameInId(nicId),
      type: NETWORK_INTERFACE.armType,
      location: inputs.location,
      macAddress: existing?.state.macAddress ?? macAddress(),
      ipConfigurations: [
        { name: "privateEndpointIpConfig", primary: true, privateIPAddress: address, subnet: { id: subnet.id } },
      ],
      privateEndpoint: { id: endpointId },
      provisioningState: "Succeeded",
    },
    hidden: {},
  });
  return address;
}

function siblings(id: string): string {
  return id.slice(0, id.lastIndexOf("/privateEndpoints/"));
}
