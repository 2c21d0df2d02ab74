import { CERTIFICATE, LATER, shownValue } from "../events/propertyValue.ts";
import { type EngineRun, isStack, type Operation, type PlannedResource } from "../events/readEvents.ts";
import { diagram } from "./diagram.ts";
import { byteLength, code, cutAfterLine, details, shortened, table, text } from "./markdown.ts";
import { policySection, type RuleFacts } from "./policySection.ts";
import { holdsData, shortType } from "./resourceLabel.ts";

/** What GitHub takes as a comment, in characters; a step summary may be 16 times that. https://github.com/orgs/community/discussions/27190 */
export const COMMENT_LIMIT = 65_536;
/** The longest summary, in bytes of UTF-8: of a comment the part that a workflow does not need for what it puts around it. */
export const SUMMARY_LIMIT = COMMENT_LIMIT - 1_536;

/** What the engine was asked to do. */
export type Kind = "preview" | "up" | "unchanged" | "drift" | "destroy";

/** What a summary is made from. */
export interface SummaryInput {
  kind: Kind;
  stack: string;
  /** For example `1a2b3c4`; undefined where there is no checkout of git. */
  commit: string | undefined;
  run: EngineRun;
  /** The command's. */
  exitCode: number;
  /** The known problems of a failure, Markdown already. @default none */
  problems?: string;
  /** What the pack says of its rules, by name. @default nothing */
  rules?: ReadonlyMap<string, RuleFacts>;
  /** Most bytes of UTF-8 that the summary may have. @default {@link SUMMARY_LIMIT} */
  limit?: number;
}

const TITLES: Readonly<Record<Kind, string>> = {
  preview: "Preview",
  up: "Update",
  unchanged: "Preview after the update",
  drift: "Drift",
  destroy: "Destroy",
};

/** The order in which operations are told, those that lose something first; in a preview, after an update, and as drift. */
const OPERATIONS: readonly [Operation, plan: string, past: string, drift: string][] = [
  ["replace", "to replace", "replaced", "replaced"],
  ["delete", "to delete", "deleted", "gone"],
  ["update", "to update", "updated", "changed"],
  ["create", "to create", "created", "created"],
  ["import", "to import", "imported", "imported"],
  ["read", "to read", "read", "read"],
  ["same", "unchanged", "unchanged", "unchanged"],
];

/** How much is told; the first that fits is taken. */
interface Detail {
  rows: number;
  properties: number;
  value: number;
  diagram: boolean;
}
const DETAILS: readonly Detail[] = [
  { rows: 400, properties: 8, value: 60, diagram: true },
  { rows: 120, properties: 4, value: 40, diagram: true },
  { rows: 60, properties: 3, value: 30, diagram: true },
  { rows: 40, properties: 2, value: 20, diagram: false },
  { rows: 10, properties: 1, value: 10, diagram: false },
];

/** Characters that Mermaid takes. Source: mermaid-js/mermaid, packages/mermaid/src/schemas/config.schema.yaml, maxTextSize. */
const CHART_LIMIT = 50_000;

/** With more rows than this the resources that are created are told apart, closed until they are clicked. */
const OPEN_ROWS = 25;

/** A run of the engine as Markdown for a comment on a pull request, a step summary or an issue. */
export function summary(input: SummaryInput): string {
  const limit = input.limit ?? SUMMARY_LIMIT;
  let whole = "";
  for (const detail of DETAILS) {
    whole = draft(input, detail);
    if (byteLength(whole) <= limit) return whole;
  }
  return cutAfterLine(whole, limit);
}

function draft(input: SummaryInput, detail: Detail): string {
  const { run } = input;
  return [
    `## ${TITLES[input.kind]} of ${code(input.stack)}${input.commit ? ` at ${code(input.commit)}` : ""}`,
    totals(input),
    input.problems?.trim(),
    problems("Failed", run.errors, detail),
    lostData(input, detail),
    policySection(input, detail.rows),
    changes(input, detail),
    problems("Warnings", run.warnings, detail),
    chart(input, detail),
  ]
    .filter((part) => part !== undefined && part !== "")
    .join("\n\n")
    .concat("\n");
}

/** One line: how many of what. */
function totals(input: SummaryInput): string {
  const { kind, run, exitCode } = input;
  if (!run.complete) return `**It did not come to its end** (exit code ${exitCode}).`;
  const parts = OPERATIONS.flatMap(([operation]) => {
    const count = run.resources.filter((each) => each.operation === operation && !each.failed).length;
    const said = `${count} ${phrase(input, operation)}`;
    if (count === 0) return [];
    return [isQuiet({ operation }) ? said : `**${said}**`];
  });
  const failed = run.resources.filter((each) => each.failed).length;
  if (failed > 0) parts.unshift(`**${failed} failed**`);
  const isUnchanged = run.resources.every(isQuiet);
  const hasFailed = exitCode !== 0 && (kind !== "drift" || isUnchanged);
  const none = isUnchanged && !hasFailed ? `**${kind === "drift" ? "No drift" : "No changes"}**: ` : "";
  return `${hasFailed ? `**Failed** (exit code ${exitCode}). ` : none}${parts.join(", ") || "no resources"}.`;
}

function phrase({ kind, run }: SummaryInput, operation: Operation): string {
  const [, plan = "", past = "", drift = ""] = OPERATIONS.find(([each]) => each === operation) ?? [];
  if (kind === "drift") return drift;
  return run.isPreview ? plan : past;
}

/** Nothing happens to it. */
function isQuiet({ operation }: Pick<PlannedResource, "operation">): boolean {
  return operation === "same" || operation === "read";
}

/** What loses data, where nobody can miss it. */
function lostData(input: SummaryInput, detail: Detail): string | undefined {
  const lost = input.run.resources.filter((each) => holdsData(each) && isLoss(each));
  if (lost.length === 0) return undefined;
  const lines = lost.slice(0, detail.rows).map((each) => {
    const causes = each.changes.filter(({ replaces }) => replaces).map(({ path }) => code(shortened(path, 80)));
    const protection = each.protected ? " It is protected: Pulumi refuses until its protection is taken away." : "";
    const because = causes.length > 0 ? `, because of ${causes.join(", ")}` : "";
    return `> - ${label(each)}: ${phrase(input, each.operation)}${because}.${protection}`;
  });
  const more = lost.length > lines.length ? [`> - and ${lost.length - lines.length} more`] : [];
  return ["> [!CAUTION]", "> **The data in these is lost:**", ">", ...lines, ...more].join("\n");
}

function isLoss({ operation }: PlannedResource): boolean {
  return operation === "replace" || operation === "delete";
}

function changes(input: SummaryInput, detail: Detail): string | undefined {
  const order = OPERATIONS.map(([operation]) => operation);
  const all = input.run.resources.filter((each) => !isQuiet(each) && !isStack(each));
  // A component has nothing of its own that could change; the diagram has it, around what does.
  const changed = all
    .filter((each) => !each.component || each.failed || each.changes.length > 0)
    .sort((a, b) => order.indexOf(a.operation) - order.indexOf(b.operation));
  if (changed.length === 0) return undefined;
  const shown = changed.slice(0, detail.rows);
  const left = changed.length - shown.length;
  const rowsOf = (resources: readonly PlannedResource[]) =>
    table(
      ["what", "resource", "properties"],
      resources.map((each) => [word(input, each), label(each), properties(each, detail)]),
    );
  const isNew = ({ operation }: PlannedResource) => operation === "create" || operation === "import";
  const [created, others] = [shown.filter(isNew), shown.filter((each) => !isNew(each))];
  const parts =
    shown.length <= OPEN_ROWS
      ? [rowsOf(shown)]
      : [
          others.length > 0 ? rowsOf(others) : "",
          created.length > 0 ? details(`${created.length} resources that are new`, rowsOf(created)) : "",
        ];
  const notice = left > 0 ? `**Shortened: ${left} more changes are in the log of the run.**` : "";
  const components = all.length - changed.length;
  const groups = `${components} of them ${components === 1 ? "is a component, which groups" : "are components, which group"} others.`;
  return ["### Changes", components > 0 ? groups : "", ...parts, notice].filter((part) => part !== "").join("\n\n");
}

function word(input: SummaryInput, resource: PlannedResource): string {
  if (resource.failed) return `**${resource.operation} failed**`;
  const said = phrase(input, resource.operation).replace(/^to /, "");
  return isLoss(resource) ? `**${said}**` : said;
}

function properties({ changes, operation }: PlannedResource, detail: Detail): string {
  if (operation === "delete") return "";
  const isNew = operation === "create" || operation === "import";
  const told = changes
    .map((each) => ({ ...each, from: shown(each.path, each.before), to: shown(each.path, each.after) }))
    // What is known only later says nothing about something new, and a certificate's number little.
    .filter(({ path, to }) => !isNew || (path !== "azureApiVersion" && to !== LATER && !CERTIFICATE.test(to)))
    // What forces a replacement is what a reader looks for.
    .sort((a, b) => Number(b.replaces) - Number(a.replaces));
  const most = isNew ? Math.ceil(detail.properties / 2) : detail.properties;
  const parts = told.slice(0, most).map(({ path, from, to, replaces }) => {
    const values = isNew ? code(to) : `${code(from)} → ${code(to)}`;
    return `${code(shortened(path, 80))}: ${values}${replaces ? " **forces the replacement**" : ""}`;
  });
  if (told.length > parts.length) parts.push(`and ${told.length - parts.length} more`);
  return parts.join("<br>") || (isNew ? "" : "known after `up`");

  function shown(path: string, value: unknown): string {
    return shownValue(path, value, detail.value);
  }
}

function problems(title: string, messages: readonly string[], detail: Detail): string | undefined {
  // The engine says this beside the reason; alone it says nothing that the totals do not.
  const told = messages.filter((message) => !/^(preview|update|refresh|destroy) failed$/.test(message));
  if (told.length === 0) return undefined;
  const shown = told.slice(0, Math.min(detail.rows, 20)).map((each) => `- ${text(shortened(each, 20 * detail.value))}`);
  if (told.length > shown.length) shown.push(`- and ${told.length - shown.length} more in the log of the run`);
  return [`### ${title}`, shown.join("\n")].join("\n\n");
}

function chart({ run }: SummaryInput, detail: Detail): string | undefined {
  if (run.resources.filter((each) => !isStack(each)).length === 0) return undefined;
  if (!detail.diagram) return "**Shortened: the diagram is left out.**";
  const chart = diagram(run.resources);
  if (chart.length > CHART_LIMIT) return "**The diagram is left out: it is too long for Mermaid.**";
  const legend = / --> /.test(chart) ? "An arrow leads from what is needed to what needs it.\n\n" : "";
  return details("Diagram of the resources", `${legend}\`\`\`mermaid\n${chart}\n\`\`\``);
}

function label(resource: PlannedResource): string {
  return `${code(shortened(resource.name, 80))} ${text(shortType(resource.type))}`;
}
