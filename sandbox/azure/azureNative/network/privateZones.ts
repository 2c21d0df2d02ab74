import { textAt } from "../../properties/values.ts";
import type { ArmContext } from "../engine/armContext.ts";
import { ArmError } from "../engine/armError.ts";
import { nameInId, sameArmId } from "../engine/armId.ts";
import type { Behaviour } from "../engine/behaviour.ts";
import type { ResourceStore } from "../engine/resourceStore.ts";
import { PRIVATE_ZONE, VIRTUAL_NETWORK, VIRTUAL_NETWORK_LINK } from "../resourceTypes.ts";

/** Private DNS zones. No name is resolved in them: servers' names lead to loopback already. */
export function privateZones(context: ArmContext): Behaviour {
  return {
    type: PRIVATE_ZONE,
    async put() {
      return {
        state: {
          maxNumberOfRecordSets: 25_000,
          maxNumberOfVirtualNetworkLinks: 1000,
          maxNumberOfVirtualNetworkLinksWithRegistration: 100,
          numberOfRecordSets: 1,
          numberOfVirtualNetworkLinksWithRegistration: 0,
        },
      };
    },
    async get(zone) {
      return { ...zone.state, numberOfVirtualNetworkLinks: linksOf(context.store, zone.id).length };
    },
    mayDelete(zone) {
      const [link] = linksOf(context.store, zone.id);
      if (link === undefined) return;
      throw new ArmError(
        409,
        "CannotDeleteResource",
        `Can not delete resource before nested resources are deleted: zone '${nameInId(zone.id)}' has the link '${nameInId(link.id)}'.`,
        "Pass the zone's `name` output to its links, so that Pulumi deletes them first.",
      );
    },
  };
}

/** Links of networks to zones. A network has at most one for each zone. */
export function virtualNetworkLinks(context: ArmContext): Behaviour {
  return {
    type: VIRTUAL_NETWORK_LINK,
    async put({ id, inputs, existing }) {
      const networkId = textAt(inputs, "virtualNetwork.id") ?? "";
      if (context.store.get(networkId)?.token !== VIRTUAL_NETWORK.token) {
        throw new ArmError(
          404,
          "ResourceNotFound",
          `The virtual network '${networkId}' of the link '${nameInId(id)}' was not found.`,
          "Pass the VirtualNetwork's `id` output, so that Pulumi waits for it.",
        );
      }
      requireFirstLink(context.store, id, networkId);
      return {
        state: {
          registrationEnabled: false,
          virtualNetwork: existing?.state.virtualNetwork ?? inputs.virtualNetwork,
          virtualNetworkLinkState: "Completed",
        },
      };
    },
  };
}

function requireFirstLink(store: ResourceStore, id: string, networkId: string): void {
  const zoneId = id.slice(0, id.lastIndexOf("/virtualNetworkLinks/"));
  const other = linksOf(store, zoneId).find(
    (link) => !sameArmId(link.id, id) && sameArmId(textAt(link.state, "virtualNetwork.id") ?? "", networkId),
  );
  if (other === undefined) return;
  throw new ArmError(
    409,
    "Conflict",
    `A virtual network cannot be linked to multiple zones with overlapping namespaces: '${networkId}' is linked by '${other.id}'.`,
    "Leave one of the two links out.",
  );
}

function linksOf(store: ResourceStore, zoneId: string) {
  return store.inside(zoneId).filter(({ token }) => token === VIRTUAL_NETWORK_LINK.token);
}
