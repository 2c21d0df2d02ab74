import { textAt } from "../../properties/values.ts";
import type { ArmContext } from "../engine/armContext.ts";
import { armError } from "../engine/armError.ts";
import type { Behaviour } from "../engine/behaviour.ts";
import { PUBLIC_IP_ADDRESS } from "../resourceTypes.ts";
import { requireUnused } from "./networkUse.ts";

/** Public IP addresses: loopback addresses, each assigned once. */
export function publicAddresses(context: ArmContext): Behaviour {
  return {
    type: PUBLIC_IP_ADDRESS,
    async put({ inputs, existing }) {
      requireStandardStatic(textAt(inputs, "sku.name"), textAt(inputs, "publicIPAllocationMethod"));
      return { state: { ipAddress: existing?.state.ipAddress ?? context.publicAddresses.take() } };
    },
    mayDelete: (address) => requireUnused(context.store, address.id),
    async remove(address) {
      context.publicAddresses.release(address.state.ipAddress);
    },
  };
}

/** Azure's defaults are Basic and Dynamic, and it no longer creates Basic addresses. */
function requireStandardStatic(sku: string | undefined, method: string | undefined): void {
  if (sku !== "Standard") throw armError("IPv4BasicSkuPublicIpCountLimitReached");
  if (method !== "Static") throw armError("StandardSkuPublicIPAddressesMustBeStatic");
}
