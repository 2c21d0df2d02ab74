import { createHash } from "node:crypto";
import { isAbsent } from "../../properties/values.ts";
import type { CheckRequest, Props } from "../../providerHost.ts";
import { parentPath, pathParameters } from "./armId.ts";
import type { ResourceType } from "./resourceType.ts";

/** azure-native's own input that says the name has a random suffix, so a replacement can be made before the old one goes. */
export const CREATE_BEFORE_DELETE = "__createBeforeDelete";

/** The input property that names a resource: the last parameter of its path. */
export function nameProperty(type: ResourceType): string {
  return pathParameters(type.path).at(-1) ?? "";
}

/** Whether a resource of this type is inside another resource, not only inside a resource group. */
export function isChild(type: ResourceType): boolean {
  return parentPath(type.path)?.includes("/providers/") ?? false;
}

/**
 * The inputs with a name where the program gives none: the old one, the one the engine proposes, else the logical name, with
 * eight hexadecimal digits behind it for all but child resources.
 *
 * The digits come from the engine's seed, so a preview and the update after it agree; azure-native derives others from the same seed.
 * Source: pulumi/pulumi-azure-native, pull request 519 and `getDefaultName` in provider/pkg/provider/provider.go.
 */
export function withName(type: ResourceType, request: CheckRequest): Props {
  const property = nameProperty(type);
  if (!isAbsent(request.news[property])) return request.news;
  const old = request.olds[property];
  if (!isAbsent(old)) {
    const random = request.olds[CREATE_BEFORE_DELETE];
    return { ...request.news, [property]: old, ...(isAbsent(random) ? {} : { [CREATE_BEFORE_DELETE]: random }) };
  }
  const proposed = request.autonaming;
  if (proposed?.mode === "disable") return request.news;
  if (proposed?.proposedName) {
    return { ...request.news, [property]: proposed.proposedName, [CREATE_BEFORE_DELETE]: true };
  }
  if (isChild(type)) return { ...request.news, [property]: request.name };
  return { ...request.news, [property]: request.name + hexDigits(request.randomSeed), [CREATE_BEFORE_DELETE]: true };
}

function hexDigits(seed: Uint8Array): string {
  return createHash("sha256").update(seed).digest("hex").slice(0, 8);
}
