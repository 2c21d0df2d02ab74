/** The URNs of the resources that each resource depends on, by its own URN. */
export type Dependencies = ReadonlyMap<string, readonly string[]>;

/** A registration of a resource, as the CLI logs it. Source: pulumi/pulumi, proto/pulumi/resource.proto. */
interface Registration {
  request?: {
    dependencies?: string[];
    propertyDependencies?: Record<string, { urns?: string[] }>;
    /** URN and id of the resource's provider. */
    provider?: string;
  };
  /** Missing in the line that the CLI writes before the engine answers. */
  response?: { urn?: string };
}

const REGISTRATION = '{"method":"/pulumirpc.ResourceMonitor/RegisterResource",';

/**
 * Reads which resource depends on which from the CLI's log of calls, one JSON object a line. The engine's events lack dependencies, and the
 * CLI writes a plan (`--save-plan`) only for a successful preview. Skips lines of other calls and incomplete lines.
 */
export function readDependencies(calls: string): Dependencies {
  const found = new Map<string, readonly string[]>();
  for (const line of calls.split("\n")) {
    const { request, response } = line.startsWith(REGISTRATION) ? parse(line) : {};
    if (!response?.urn) continue;
    const { dependencies = [], propertyDependencies = {}, provider = "" } = request ?? {};
    const byProperty = Object.values(propertyDependencies).flatMap(({ urns = [] }) => urns);
    const needs = new Set([...dependencies, ...byProperty, ...(provider === "" ? [] : [urnOf(provider)])]);
    found.set(response.urn, [...needs]);
  }
  return found;
}

function parse(line: string): Registration {
  try {
    return JSON.parse(line) as Registration;
  } catch {
    return {};
  }
}

/** The URN in a reference to a provider, which ends with the provider's id. */
function urnOf(provider: string): string {
  return provider.slice(0, provider.lastIndexOf("::"));
}
