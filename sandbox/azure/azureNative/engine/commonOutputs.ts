import { randomUUID } from "node:crypto";
import type { Principal } from "../../../entra/directory.ts";
import { objectAt } from "../../properties/values.ts";
import type { Props } from "../../providerHost.ts";
import type { ArmResource } from "./resourceStore.ts";
import type { ResourceType } from "./resourceType.ts";

/** A tag that tells one version of a resource from the next. */
export function newEtag(): string {
  return `W/"${randomUUID()}"`;
}

/** The outputs that Azure sets in the same way for every type that declares them. */
export function commonOutputs(
  { outputs }: ResourceType,
  existing: ArmResource | undefined,
  deployer: Principal,
): Props {
  const all: Props = {
    etag: newEtag(),
    provisioningState: "Succeeded",
    resourceGuid: existing?.state.resourceGuid ?? randomUUID(),
    systemData: systemData(existing, deployer),
  };
  return Object.fromEntries(Object.entries(all).filter(([name]) => outputs.includes(name)));
}

/** Who created and last changed a resource, and when. The values are assumed. */
function systemData(existing: ArmResource | undefined, by: Principal): Props {
  const now = new Date().toISOString();
  const kind = by.type === "user" ? "User" : "Application";
  const changed = { lastModifiedAt: now, lastModifiedBy: by.objectId, lastModifiedByType: kind };
  const old = objectAt(existing?.state, "systemData");
  return { createdAt: now, createdBy: by.objectId, createdByType: kind, ...old, ...changed };
}
