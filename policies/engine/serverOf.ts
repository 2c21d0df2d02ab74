import type { PolicyResource } from "@pulumi/policy";
import { reading } from "./judging.ts";
import { RESOURCE_GROUP, SERVER } from "./resourceKind.ts";
import type { InputsOf } from "./rule.ts";
import { UnknownValueError } from "./unknownValue.ts";

/**
 * Whether something belongs to a server, by the input that names it: it comes from that server, or it is its name or its ARM id written out. A
 * server's name is part of its DNS name, so that no two have the same.
 * @param input `serverName`, or whatever holds the ARM id
 */
export function isOf(resource: PolicyResource, server: PolicyResource, input: string, inputsOf: InputsOf): boolean {
  const sources = resource.propertyDependencies[input] ?? [];
  if (sources.some(isServer)) return sources.includes(server);
  const value = inputOf(resource, input, inputsOf, sources);
  // The engine did not show its inputs, as where an update is for chosen resources only: it may be this one's.
  if (value === undefined) return sources.length === 0;
  const name = serverNameIn(value);
  return name !== undefined && name === nameOf(server, inputsOf);
}

/** What a server is called, in lower case; azure-native has chosen a name before a preview shows the inputs. */
function nameOf(server: PolicyResource, inputsOf: InputsOf): string {
  return reading(server, () => String(inputsOf(server)?.serverName ?? server.props.name)).toLowerCase();
}

/** The input's value; undefined where nobody saw it, the empty text where it is not known but comes from another resource for certain. */
function inputOf(
  resource: PolicyResource,
  input: string,
  inputsOf: InputsOf,
  sources: readonly PolicyResource[],
): string | undefined {
  try {
    return reading(resource, () => inputsOf(resource)?.[input]);
  } catch (error) {
    // A resource group's name or id is part of everything's id.
    if (error instanceof UnknownValueError && sources.some(({ type }) => !RESOURCE_GROUP.is(type))) return "";
    throw error;
  }
}

/** Of a name, the name; of an ARM id, the name of the flexible server that it ends in, if it does. */
function serverNameIn(value: string): string | undefined {
  const text = value.toLowerCase();
  if (!text.includes("/")) return text;
  return /\/providers\/microsoft\.dbforpostgresql\/flexibleservers\/([^/]+)\/?$/.exec(text)?.[1];
}

function isServer({ type }: PolicyResource): boolean {
  return SERVER.is(type);
}
