import type { Principal } from "../../../entra/directory.ts";
import { objectAt } from "../../properties/values.ts";
import type { Props } from "../../providerHost.ts";
import type { ArmResource } from "./resourceStore.ts";

/** Who made and last changed a resource, and when. The values are assumed. */
export function systemData(existing: ArmResource | undefined, by: Principal): Props {
  const now = new Date().toISOString();
  const kind = by.type === "user" ? "User" : "Application";
  const changed = { lastModifiedAt: now, lastModifiedBy: by.objectId, lastModifiedByType: kind };
  const old = objectAt(existing?.state, "systemData");
  return { createdAt: now, createdBy: by.objectId, createdByType: kind, ...old, ...changed };
}
