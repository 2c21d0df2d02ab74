import type { Operation, PlannedResource } from "../events/readEvents.ts";
import { type Arrow, fewestArrows } from "./arrows.ts";
import { escaped } from "./mermaidText.ts";
import { lastPart } from "./resourceLabel.ts";

/** Up to this many names stand in a node that is several resources of a type. */
const NAMES_SHOWN = 3;
/** Things that stand beside each other: more are too wide for a comment, one alone makes a long column. */
const ROW = 2;
/** With more arrows than this they only cover each other, and Mermaid draws no chart with 500 (maxEdges), invisible ones among them. */
const MOST_ARROWS = 200;

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

/** What is drawn side by side: a node, or a subgraph with what is in it. */
interface Item {
  id: string;
  lines: string[];
}

/** A Mermaid flowchart of resources: components are subgraphs, resources nodes; those of one type with one fate in one component share a node. */
export class Chart {
  readonly #ownerOf: (resource: PlannedResource) => string | undefined;
  readonly #inside: Map<string | undefined, PlannedResource[]>;
  readonly #marked = new Map<Operation, string[]>();
  /** Ids by URN. */
  readonly #ids = new Map<string, string>();
  readonly #items: Item[];
  /** How many it drew. */
  nodes = 0;

  /** @param ownerOf URN of the component that a resource lies in; undefined where it lies in none */
  constructor(resources: readonly PlannedResource[], ownerOf: (resource: PlannedResource) => string | undefined) {
    this.#ownerOf = ownerOf;
    this.#inside = Map.groupBy(resources, (each) => this.#ownerOf(each));
    this.#items = this.#draw(undefined, "  ");
  }

  /** Id of what was drawn for a resource or a component. */
  idOf(urn: string): string | undefined {
    return this.#ids.get(urn);
  }

  /** The text, with arrows between outermost things, as few as tell the same. */
  text(arrows: readonly Arrow[]): string {
    const fewest = fewestArrows(arrows);
    const shown = fewest.length > MOST_ARROWS ? [] : fewest;
    const linked = new Set(shown.flat());
    return [
      "flowchart TB",
      ...this.#items.flatMap(({ lines }) => lines),
      ...rows(
        this.#items.filter(({ id }) => !linked.has(id)),
        "  ",
      ),
      ...shown.map(([first, then]) => `  ${first} --> ${then}`),
      ...[...this.#marked].flatMap(([operation, ids]) => [
        `  classDef ${operation} ${MARKS[operation]?.style}`,
        `  class ${ids.join(",")} ${operation}`,
      ]),
    ].join("\n");
  }

  /** What lies in a component, or outside of all. */
  #draw(owner: string | undefined, indent: string): Item[] {
    const inside = this.#inside.get(owner) ?? [];
    const components = inside.filter(({ component }) => component);
    return [
      ...groups(inside.filter(({ component }) => !component)).map((group) => this.#node(group, indent)),
      ...components.map((component) => this.#component(component, indent)),
    ];
  }

  #component(component: PlannedResource, indent: string): Item {
    const id = this.#mark(component.operation, [component]);
    const items = this.#draw(component.urn, `${indent}  `);
    const label = `["${escaped(lastPart(component.type))} ${escaped(component.name)}${markOf(component.operation)}"]`;
    // Mermaid draws no subgraph that is empty.
    if (items.length === 0) return { id, lines: [`${indent}${id}${label}`] };
    const inner = [...items.flatMap(({ lines }) => lines), ...rows(items, `${indent}  `)];
    return {
      id,
      lines: [`${indent}subgraph ${id}${label}`, `${indent}  direction TB`, ...inner, `${indent}end`],
    };
  }

  #node(group: readonly PlannedResource[], indent: string): Item {
    const [first] = group;
    const operation = first?.operation ?? "same";
    const names = group.slice(0, NAMES_SHOWN).map(({ name }) => escaped(name));
    if (group.length > NAMES_SHOWN) names.push(`and ${group.length - NAMES_SHOWN} more`);
    const count = group.length > 1 ? ` ×${group.length}` : "";
    const label = [`${escaped(lastPart(first?.type ?? ""))}${count}${markOf(operation)}`, ...names].join("<br/>");
    const id = this.#mark(operation, group);
    return { id, lines: [`${indent}${id}["${label}"]`] };
  }

  #mark(operation: Operation, resources: readonly PlannedResource[]): string {
    const id = `n${++this.nodes}`;
    for (const { urn } of resources) this.#ids.set(urn, id);
    if (MARKS[operation]) this.#marked.set(operation, [...(this.#marked.get(operation) ?? []), id]);
    return id;
  }
}

/** Invisible links, which put one thing below another. */
function rows(items: readonly Item[], indent: string): string[] {
  return items.slice(ROW).map(({ id }, i) => `${indent}${items[i]?.id} ~~~ ${id}`);
}

/** Resources of one type with one fate, in the order of their first. */
function groups(resources: readonly PlannedResource[]): PlannedResource[][] {
  return [...Map.groupBy(resources, ({ type, operation }) => `${operation} ${type}`).values()];
}

function markOf(operation: Operation): string {
  const mark = MARKS[operation];
  return mark ? ` (${mark.word})` : "";
}
