import { armError } from "./armError.ts";
import type { ArmResource, ResourceStore } from "./resourceStore.ts";
import type { ResourceType } from "./resourceType.ts";

/** The resource of this type with this id. @throws ArmError of the row `error` when there is none; `user` refers to it */
export function requireReference(
  store: ResourceStore,
  type: ResourceType,
  id: string | undefined,
  { error = "InvalidResourceReference", user = "" } = {},
): ArmResource {
  const resource = store.get(id ?? "");
  if (resource?.token === type.token) return resource;
  throw armError(error, { id, user });
}
