import { textAt } from "../../properties/values.ts";
import type { ArmContext } from "../engine/armContext.ts";
import { armError } from "../engine/armError.ts";
import { nameInId, sameArmId } from "../engine/armId.ts";
import type { Behaviour } from "../engine/behaviour.ts";
import { requireReference } from "../engine/requireReference.ts";
import type { ResourceStore } from "../engine/resourceStore.ts";
import { PRIVATE_ZONE, VIRTUAL_NETWORK, VIRTUAL_NETWORK_LINK } from "../resourceTypes.ts";

/** Private DNS zones. No name is resolved in them: servers' names lead to loopback already. */
export function privateZones(context: ArmContext): Behaviour {
  return {
    type: PRIVATE_ZONE,
    async get(zone) {
      return { ...zone.state, numberOfVirtualNetworkLinks: linksOf(context.store, zone.id).length };
    },
    mayDelete(zone) {
      const [link] = linksOf(context.store, zone.id);
      if (link === undefined) return;
      throw armError("CannotDeleteResource", { zone: nameInId(zone.id), link: nameInId(link.id) });
    },
  };
}

/** Links of networks to zones. A network has at most one for each zone. */
export function virtualNetworkLinks(context: ArmContext): Behaviour {
  return {
    type: VIRTUAL_NETWORK_LINK,
    async put({ id, inputs, existing }) {
      const networkId = textAt(inputs, "virtualNetwork.id") ?? "";
      requireReference(context.store, VIRTUAL_NETWORK, networkId, {
        error: "LinkedNetworkNotFound",
        user: nameInId(id),
      });
      requireFirstLink(context.store, id, networkId);
      return { state: { virtualNetwork: existing?.state.virtualNetwork ?? inputs.virtualNetwork } };
    },
  };
}

function requireFirstLink(store: ResourceStore, id: string, networkId: string): void {
  const zoneId = id.slice(0, id.lastIndexOf("/virtualNetworkLinks/"));
  const other = linksOf(store, zoneId).find(
    (link) => !sameArmId(link.id, id) && sameArmId(textAt(link.state, "virtualNetwork.id") ?? "", networkId),
  );
  if (other === undefined) return;
  throw armError("Conflict", { networkId, other: other.id });
}

function linksOf(store: ResourceStore, zoneId: string) {
  return store.inside(zoneId).filter(({ token }) => token === VIRTUAL_NETWORK_LINK.token);
}
