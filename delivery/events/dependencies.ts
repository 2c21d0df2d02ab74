/** URNs of what each resource needs, by its own: of a component they are what is inside. */
export type Dependencies = ReadonlyMap<string, readonly string[]>;

/** What the program asks the engine for, in the form of the CLI's log of its calls. Source: pulumi/pulumi, proto/pulumi/resource.proto. */
interface Registration {
  request?: {
    dependencies?: string[];
    propertyDependencies?: Record<string, { urns?: string[] }>;
    /** URN and id of its provider. */
    provider?: string;
  };
  /** Missing in the line that is written before the engine answers. */
  response?: { urn?: string };
}

const REGISTRATION = '{"method":"/pulumirpc.ResourceMonitor/RegisterResource",';

/**
 * Which resource needs which, from the CLI's log of its calls: one JSON object a line. The engine's events have nothing of it, and a plan
 * (`--save-plan`) is written only for a preview that succeeds. Lines of other calls and such as were cut short are left out.
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

/** Of a reference to a provider, which ends in its id. */
function urnOf(provider: string): string {
  return provider.slice(0, provider.lastIndexOf("::"));
}
