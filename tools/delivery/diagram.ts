import { isStack, type Operation, type PlannedResource } from "./previewEvents.ts";
import { lastPart } from "./resourceLabel.ts";

/** Up to this many names stand in a node that is several resources of a type. */
const NAMES_SHOWN = 3;
const NAME_LENGTH = 40;
/** With more nodes than this nothing can be read any more; then each outermost component is one node. */
const MOST_NODES = 80;

/** How an operation is marked: by a word, since colours do not reach everybody, and by a class. */
const MARKS: Readonly<Record<Operation, { word: string; style: string } | undefined>> = {
  create: { word: "create", style: "fill:#dafbe1,stroke:#1a7f37,color:#1f2328" },
  import: { word: "import", style: "fill:#dafbe1,stroke:#1a7f37,color:#1f2328" },
  update: { word: "update", style: "fill:#fff8c5,stroke:#9a6700,color:#1f2328" },
  replace: { word: "replace", style: "fill:#fff1e5,stroke:#bc4c00,color:#1f2328,stroke-width:3px" },
  delete: { word: "delete", style: "fill:#ffebe9,stroke:#cf222e,color:#1f2328,stroke-dasharray:5 3" },
  read: undefined,
  same: undefined,
};

/**
 * The stack as a Mermaid flowchart: components are subgraphs, resources nodes; those of one type with one fate in one component share a node,
 * so that a stack of a hundred resources stays a picture of a dozen. Providers are left out.
 *
 * @returns the text of the chart without its fence
 */
export function diagram(resources: readonly PlannedResource[]): string {
  const shown = resources.filter((each) => !isStack(each) && !each.type.startsWith("pulumi:providers:"));
  const chart = new Chart(shown);
  const lines = chart.lines(undefined, "  ");
  if (chart.nodes <= MOST_NODES) return ["flowchart TB", ...lines, ...chart.classes()].join("\n");
  const folded = new Chart(fold(shown));
  return ["flowchart TB", ...folded.lines(undefined, "  "), ...folded.classes()].join("\n");
}

/** Each outermost component as one resource; its fate is an update where those of what is in it differ. */
function fold(resources: readonly PlannedResource[]): PlannedResource[] {
  const byUrn = new Map(resources.map((each) => [each.urn, each]));
  const outermost = Map.groupBy(resources, (each) => componentsAround(each, byUrn).at(-1) ?? each);
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

/** The components a resource lies in, itself included, the innermost first. A parent may be a resource, the stack, or one that is not in the run. */
function componentsAround(
  resource: PlannedResource,
  byUrn: ReadonlyMap<string, PlannedResource>,
): readonly PlannedResource[] {
  const around: PlannedResource[] = [];
  const seen = new Set<PlannedResource>();
  for (let each: PlannedResource | undefined = resource; each && !seen.has(each); ) {
    seen.add(each);
    if (each.component) around.push(each);
    each = each.parent === undefined ? undefined : byUrn.get(each.parent);
  }
  return around;
}

class Chart {
  readonly #inside = new Map<string | undefined, PlannedResource[]>();
  readonly #marked = new Map<Operation, string[]>();
  /** How many it drew. */
  nodes = 0;

  constructor(resources: readonly PlannedResource[]) {
    const byUrn = new Map(resources.map((each) => [each.urn, each]));
    for (const resource of resources) {
      const owner = componentsAround(resource, byUrn).find((each) => each !== resource)?.urn;
      this.#inside.set(owner, [...(this.#inside.get(owner) ?? []), resource]);
    }
  }

  /** What lies in a component, or outside of all. */
  lines(owner: string | undefined, indent: string): string[] {
    const inside = this.#inside.get(owner) ?? [];
    const components = inside.filter(({ component }) => component);
    const nodes = groups(inside.filter(({ component }) => !component)).map((group) => this.#node(group));
    return [
      // An invisible link puts one below the other; side by side they would make one long line.
      ...nodes.map(({ id, label }, i) => `${indent}${i === 0 ? "" : `${nodes[i - 1]?.id} ~~~ `}${id}["${label}"]`),
      ...components.flatMap((component) => this.#component(component, indent)),
    ];
  }

  classes(): string[] {
    return [...this.#marked].flatMap(([operation, ids]) => [
      `  classDef ${operation} ${MARKS[operation]?.style}`,
      `  class ${ids.join(",")} ${operation}`,
    ]);
  }

  #component(component: PlannedResource, indent: string): string[] {
    const id = this.#mark(component.operation);
    const inner = this.lines(component.urn, `${indent}  `);
    const label = `${escaped(lastPart(component.type))} ${escaped(component.name)}${markOf(component.operation)}`;
    // Mermaid draws no subgraph that is empty.
    if (inner.length === 0) return [`${indent}${id}["${label}"]`];
    return [`${indent}subgraph ${id}["${label}"]`, ...inner, `${indent}end`];
  }

  #node(group: readonly PlannedResource[]): { id: string; label: string } {
    const [first] = group;
    const operation = first?.operation ?? "same";
    const names = group.slice(0, NAMES_SHOWN).map(({ name }) => escaped(name));
    if (group.length > NAMES_SHOWN) names.push(`and ${group.length - NAMES_SHOWN} more`);
    const count = group.length > 1 ? ` ×${group.length}` : "";
    const type = escaped(lastPart(first?.type ?? ""));
    return { id: this.#mark(operation), label: `${type}${count}${markOf(operation)}<br/>${names.join("<br/>")}` };
  }

  #mark(operation: Operation): string {
    const id = `n${++this.nodes}`;
    if (MARKS[operation]) this.#marked.set(operation, [...(this.#marked.get(operation) ?? []), id]);
    return id;
  }
}

/** Resources of one type with one fate, in the order of their first. */
function groups(resources: readonly PlannedResource[]): PlannedResource[][] {
  return [...Map.groupBy(resources, ({ type, operation }) => `${operation} ${type}`).values()];
}

function markOf(operation: Operation): string {
  const mark = MARKS[operation];
  return mark ? ` (${mark.word})` : "";
}

/** All that could end a label, be Markdown in it or a word of Mermaid's, as Mermaid's entities. Source: mermaid.js.org, syntax/flowchart, entity codes. */
function escaped(text: string): string {
  const characters = [...text];
  const cut = characters.length > NAME_LENGTH ? [...characters.slice(0, NAME_LENGTH - 1), "…"] : characters;
  // A hyphen may begin no line: it would make a list.
  return cut.map((each, i) => ((i === 0 ? /[A-Za-z0-9]/ : /[A-Za-z0-9 ,-]/).test(each) ? each : entity(each))).join("");
}

function entity(character: string): string {
  // What is not to be seen, or turns the text around, is shown as what it is.
  if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/u.test(character)) return "�";
  return `#${character.codePointAt(0)};`;
}
