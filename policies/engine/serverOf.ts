import type { PolicyResource } from "@pulumi/policy";
import { reading } from "./judging.ts";
import { RESOURCE_GROUP, SERVER } from "./resourceKind.ts";
import type { InputsOf } from "./rule.ts";
import { UnknownValueError } from "./unknownValue.ts";

/**
 * Whether a resource belongs to a server: its input comes from that server, or is the server's name or ARM id written out. A server's name is
 * part of its DNS name and therefore unique.
 * @param input `serverName`, or the input with the ARM id
 */
export function isOf(resource: PolicyResource, server: PolicyResource, input: string, inputsOf: InputsOf): boolean {
  const sources = resource.propertyDependencies[input] ?? [];
  if (sources.some(isServer)) return sources.includes(server);
  const value = inputOf(resource, input, inputsOf, sources);
  // The engine does not show the inputs of resources outside --target, so it may belong to this server.
  if (value === undefined) return sources.length === 0;
  const name = serverNameIn(value);
  return name !== undefined && name === nameOf(server, inputsOf);
}

/** The name of a server in lower case; azure-native chooses a name before a preview shows the inputs. */
function nameOf(server: PolicyResource, inputsOf: InputsOf): string {
  return reading(server, () => String(inputsOf(server)?.serverName ?? server.props.name)).toLowerCase();
}

/** The input's value; undefined where it was not shown, empty where it is unknown but certainly comes from another resource. */
function inputOf(
  resource: PolicyResource,
  input: string,
  inputsOf: InputsOf,
  sources: readonly PolicyResource[],
): string | undefined {
  try {
    return reading(resource, () => inputsOf(resource)?.[input]);
  } catch (error) {
    // The name of a resource group is part of the ids of all its resources.
    if (error instanceof UnknownValueError && sources.some(({ type }) => !RESOURCE_GROUP.is(type))) return "";
    throw error;
  }
}

/** The name itself, or the name of the flexible server that an ARM id ends with. */
function serverNameIn(value: string): string | undefined {
  const text = value.toLowerCase();
  if (!text.includes("/")) return text;
  return /\/providers\/microsoft\.dbforpostgresql\/flexibleservers\/([^/]+)\/?$/.exec(text)?.[1];
}

function isServer({ type }: PolicyResource): boolean {
  return SERVER.is(type);
}
