import { isStack, type PlannedResource } from "../events/readEvents.ts";
import type { Arrow } from "./arrows.ts";
import { Chart } from "./chart.ts";

/** With more nodes than this nothing can be read any more; then each outermost component is one node. */
const MOST_NODES = 80;

/**
 * The stack as a Mermaid flowchart, so that a hundred resources stay a picture of a dozen things; providers are left out. Arrows lead from what
 * is needed to what needs it, between outermost components and what lies in none.
 *
 * @returns the text of the chart without its fence
 */
export function diagram(resources: readonly PlannedResource[]): string {
  const all = resources.filter((each) => !isStack(each));
  const shown = all.filter(({ type }) => !type.startsWith("pulumi:providers:"));
  const around = surroundings(all);
  const whole = new Chart(shown, (each) => around(each).find((component) => component !== each)?.urn);
  const chart = whole.nodes <= MOST_NODES ? whole : new Chart(fold(shown, around), () => undefined);
  return chart.text(arrowsBetween(all, (each) => chart.idOf((around(each).at(-1) ?? each).urn)));
}

/** The components that a resource lies in, itself included, the innermost first. */
type Surroundings = (resource: PlannedResource) => readonly PlannedResource[];

/** A parent may be a resource, the stack, or one that is not in the run. */
function surroundings(resources: readonly PlannedResource[]): Surroundings {
  const byUrn = new Map(resources.map((each) => [each.urn, each]));
  return (resource) => {
    const around: PlannedResource[] = [];
    const seen = new Set<PlannedResource>();
    for (let each: PlannedResource | undefined = resource; each && !seen.has(each); ) {
      seen.add(each);
      if (each.component) around.push(each);
      each = each.parent === undefined ? undefined : byUrn.get(each.parent);
    }
    return around;
  };
}

/** Each outermost component as one resource; its fate is an update where those of what is in it differ. */
function fold(resources: readonly PlannedResource[], around: Surroundings): PlannedResource[] {
  const outermost = Map.groupBy(resources, (each) => around(each).at(-1) ?? each);
  return [...outermost].map(([outer, inside]) => {
    const fates = new Set(inside.filter(({ component }) => !component).map(({ operation }) => operation));
    const [fate = outer.operation] = fates;
    if (!outer.component) return outer;
    const count = inside.filter((each) => each !== outer).length;
    return {
      ...outer,
      component: false,
      name: `${outer.name}, ${count} inside`,
      operation: fates.size > 1 ? ("update" as const) : fate,
    };
  });
}

/**
 * From what is needed to what needs it.
 * @param idOf what was drawn for a resource; what was not drawn, such as a provider, is looked through
 */
function arrowsBetween(
  resources: readonly PlannedResource[],
  idOf: (resource: PlannedResource) => string | undefined,
): Arrow[] {
  const byUrn = new Map(resources.map((each) => [each.urn, each]));
  return resources.flatMap((resource) => {
    const then = idOf(resource);
    const needed = new Set(resource.needs);
    const arrows: Arrow[] = [];
    // What is added to a set while one goes through it comes, too.
    for (const urn of then === undefined ? [] : needed) {
      const each = byUrn.get(urn);
      const first = each && idOf(each);
      if (first !== undefined && then !== undefined) arrows.push([first, then]);
      else for (const further of each?.needs ?? []) needed.add(further);
    }
    return arrows;
  });
}
