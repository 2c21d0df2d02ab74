import type { PlannedResource } from "../events/readEvents.ts";

/** A type as people say it: `azure-native:Server`, `postgresql:Grant`, `entra-postgres:EntraPrincipal`. */
export function shortType(type: string): string {
  const [provider = "", module = ""] = type.split(":");
  // A dynamic resource's provider is the SDK; what tells it from others is the module.
  const owner = provider === "pulumi-nodejs" ? module.replace(/^dynamic\//, "") : provider;
  return `${owner}:${lastPart(type)}`;
}

/** A type's own name: `Server`; of a provider the provider's name. */
export function lastPart(type: string): string {
  const parts = type.split(":");
  return parts[1] === "providers" ? `Provider ${parts[2]}` : (parts.at(-1) ?? type);
}

/** Types that hold an application's data: what is in them is gone when they are. */
const DATA: readonly RegExp[] = [
  /^azure-native:dbforpostgresql(\/v\w+)?:(Server|Database)$/,
  /^postgresql:index\/(database|schema):(Database|Schema)$/,
];

/** Whether data goes with it. */
export function holdsData({ type }: PlannedResource): boolean {
  return DATA.some((pattern) => pattern.test(type));
}
