/** The path of a resource group. */
export const RESOURCE_GROUP_PATH = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}";

const PLACEHOLDER = /\{(\w+)\}/g;

/**
 * The ARM id of a resource: its type's path with the placeholders filled in.
 * @throws Error when a name is missing
 */
export function armId(path: string, names: Readonly<Record<string, unknown>>): string {
  return path.replace(PLACEHOLDER, (_, name: string) => {
    const value = names[name];
    if (typeof value !== "string" || value === "") throw new Error(`The ARM id ${path} needs a value for ${name}.`);
    return value;
  });
}

/** The parameters in an ARM id's path, without the subscription. */
export function pathParameters(path: string): string[] {
  return [...path.matchAll(PLACEHOLDER)].map((match) => match[1] ?? "").filter((name) => name !== "subscriptionId");
}

/** The parameter of an extension's path that is a whole id: that of the resource it lives in. */
export const RESOURCE_URI = "resourceUri";

/** The names in an ARM id, or nothing when the id is not of this path. Fixed parts compare without regard to case, as in Azure. */
export function parseArmId(path: string, id: string): Record<string, string> | undefined {
  const form = path
    .replace(/[.]/g, "\\$&")
    .replace(PLACEHOLDER, (_, name: string) => `(?<${name}>${name === RESOURCE_URI ? ".+" : "[^/]+"})`);
  const { groups } = new RegExp(`^${form}$`, "i").exec(id) ?? {};
  return groups && { ...groups };
}

/** Whether two texts are one ARM id; ids do not differ by case. Source: azure-native's own test TestNormalizeAzureId. */
export function sameArmId(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** The id of the resource that a path's resource lives in: its parent, else its resource group. Nothing for a resource group. */
export function parentPath(path: string): string | undefined {
  const parts = path.split("/");
  const afterProvider = parts.length - parts.lastIndexOf("providers") - 2;
  if (!parts.includes("providers")) return undefined;
  return parts.slice(0, afterProvider > 2 ? -2 : parts.lastIndexOf("providers")).join("/");
}

/** The last part of an ARM id. */
export function nameInId(id: string): string {
  return id.slice(id.lastIndexOf("/") + 1);
}

/** Azure's type in an ARM id or its path: the provider's namespace and, of the names behind it, every second one. */
export function armTypeOf(path: string): string {
  const [namespace, ...rest] = path.split("/").slice(path.split("/").lastIndexOf("providers") + 1);
  return [namespace, ...rest.filter((_, index) => index % 2 === 0)].join("/");
}
