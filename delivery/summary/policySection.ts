import { type EngineRun, nameOf, type PolicyFinding } from "../events/readEvents.ts";
import { code, shortened, table, text } from "./markdown.ts";

/** What a pack says of one of its rules, beyond what the engine passes on. */
export interface RuleFacts {
  enforcementLevel?: string | undefined;
  remediationSteps?: string | undefined;
  url?: string | undefined;
  /** It judges the stack as a whole, not one resource after the other. */
  validateStack?: boolean;
}

/** What of a summary's input is about policies. */
export interface PolicyInput {
  kind: string;
  run: EngineRun;
  rules?: ReadonlyMap<string, RuleFacts>;
}

/** Characters of a message and of the way to put it right. */
const MESSAGE = 500;
/** Resources that are named for one rule. */
const NAMED = 5;
/** Values that are named for a rule that waits. */
const PLACES = 2;

/** Which rules of which packs ran, what they found, and which of them wait for `up`. A run without a pack says so. */
export function policySection(input: PolicyInput, rows: number): string | undefined {
  const { run, rules = new Map() } = input;
  // A refresh and a destroy run no packs.
  if (input.kind === "drift" || input.kind === "destroy" || !run.complete) return undefined;
  if (run.packs.length === 0) return "### Policies\n\n**No policy pack ran.**";
  const violations = Map.groupBy(
    run.findings.filter(({ waitsFor }) => waitsFor === undefined),
    ({ rule }) => rule,
  );
  const waiting = Map.groupBy(
    run.findings.filter(({ waitsFor }) => waitsFor !== undefined),
    ({ rule }) => rule,
  );
  const packs = run.packs.map(({ name, version }) => `${code(name)} ${text(version)}`).join(", ");
  const passed = run.rules.filter((rule) => !violations.has(rule) && !waiting.has(rule)).length;
  // The engine says nothing of a rule that met no resource of its kind, nor of one that a failed run did not come to.
  const idle = [...rules.keys()].filter((rule) => !run.rules.includes(rule)).length;
  const counts = [
    `${passed} passed`,
    ...(violations.size > 0 ? [`**${violations.size} violated**`] : []),
    ...(waiting.size > 0 ? [`${waiting.size} waiting for \`up\``] : []),
    ...(idle > 0 ? [`${idle} ${run.judgedStack ? "with nothing to look at" : "not asked before the run failed"}`] : []),
  ];
  return [
    "### Policies",
    `${packs}, ${run.rules.length + idle} rules: ${counts.join(", ")}.`,
    violated(violations, rules, rows),
    waits(waiting, rules, rows),
  ]
    .filter((part) => part !== undefined)
    .join("\n\n");
}

function violated(
  violations: ReadonlyMap<string, PolicyFinding[]>,
  rules: ReadonlyMap<string, RuleFacts>,
  rows: number,
): string | undefined {
  if (violations.size === 0) return undefined;
  const sorted = [...violations].sort(([, [a]], [, [b]]) => weight(b) - weight(a));
  const shown = sorted.slice(0, rows).map(([rule, findings]) => {
    const [first] = findings;
    const facts = rules.get(rule);
    const severity = first?.severity ? `, ${text(first.severity)}` : "";
    const level = first?.level === "mandatory" ? "**mandatory**" : text(first?.level ?? "");
    const name =
      facts?.url && /^https:\/\/[\w./#?=&%-]+$/.test(facts.url) ? `[${code(rule)}](${facts.url})` : code(rule);
    return [name, `${level}${severity}`, found(findings), text(shortened(facts?.remediationSteps ?? "", MESSAGE))];
  });
  return [table(["rule", "level", "found", "what to do"], shown), ...more(sorted.length - shown.length)].join("\n\n");
}

/** Every message once, with the resources it is about. */
function found(findings: readonly PolicyFinding[]): string {
  const byMessage = Map.groupBy(findings, ({ message }) => message);
  const shown = [...byMessage].slice(0, NAMED).map(([message, same]) => {
    const names = same.flatMap(({ urn }) => (urn === undefined ? [] : [code(shortened(nameOf(urn), 80))]));
    const listed = [...names.slice(0, NAMED), ...(names.length > NAMED ? [`and ${names.length - NAMED} more`] : [])];
    return `${listed.join(", ")}${listed.length > 0 ? ": " : ""}${text(shortened(message, MESSAGE))}`;
  });
  if (byMessage.size > shown.length) shown.push(`and ${byMessage.size - shown.length} more`);
  return shown.join("<br>");
}

function waits(
  waiting: ReadonlyMap<string, PolicyFinding[]>,
  rules: ReadonlyMap<string, RuleFacts>,
  rows: number,
): string | undefined {
  if (waiting.size === 0) return undefined;
  const ofStack = (rule: string) => rules.get(rule)?.validateStack === true;
  const shown = [...waiting].slice(0, rows).map(([rule, findings]) => {
    // The engine passes such a rule on as advisory, whatever it is.
    const level = `${rules.get(rule)?.enforcementLevel ?? ""}${ofStack(rule) ? ", on the stack" : ""}`;
    const places = [...new Set(findings.map(place))];
    const listed = places.slice(0, PLACES).map((each) => text(shortened(each, MESSAGE)));
    if (places.length > listed.length) listed.push(`and ${places.length - listed.length} more`);
    return [code(rule), text(level), listed.join("<br>")];
  });
  const isMarked = [...waiting.keys()].some(ofStack);
  const last = isMarked ? "; those on the stack it judges at its end, when everything is changed" : "";
  return [
    `**These rules wait for \`up\`**, which judges them before it changes the resource${last}:`,
    table(["rule", "level", "waits for"], shown),
    ...more(waiting.size - shown.length),
  ].join("\n\n");
}

/** What a rule waits for, without what every rule of the pack says around it. */
function place({ waitsFor = "", urn }: PolicyFinding): string {
  const own = /^not known before up, which judges it: (.*?)(?:; all else was judged)?$/s.exec(waitsFor)?.[1];
  return own ?? `${urn === undefined ? "" : `${nameOf(urn)}: `}${waitsFor}`;
}

function more(count: number): string[] {
  return count > 0 ? [`**Shortened: ${count} more rules are in the log of the run.**`] : [];
}

function weight(finding: PolicyFinding | undefined): number {
  const severities = ["low", "medium", "high", "critical"];
  return (finding?.level === "mandatory" ? 10 : 0) + severities.indexOf(finding?.severity ?? "");
}
