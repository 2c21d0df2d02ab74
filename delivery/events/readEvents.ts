import type { Dependencies } from "./dependencies.ts";
import type { EngineEvent, Step } from "./engineEvent.ts";
import { changesOf, type PropertyChange } from "./propertyChanges.ts";
import { withoutSecrets } from "./propertyValue.ts";

/** What becomes of a resource. */
export type Operation = "create" | "update" | "replace" | "delete" | "import" | "read" | "same";

/** A resource of the stack and what becomes of it. */
export interface PlannedResource {
  urn: string;
  /** For example `azure-native:dbforpostgresql:Server`. */
  type: string;
  name: string;
  /** URN of its parent; undefined for the stack's own resource. */
  parent: string | undefined;
  /** It is a component: it has no existence of its own in Azure. */
  component: boolean;
  /** Pulumi refuses to delete it. */
  protected: boolean;
  operation: Operation;
  /** It was tried and did not work. */
  failed: boolean;
  changes: PropertyChange[];
  /** URNs of what it needs. Nothing is known of what a destroy deletes. */
  needs: readonly string[];
}

/** A rule of a policy pack that found something, or that cannot say yet. */
export interface PolicyFinding {
  rule: string;
  pack: string;
  level: string;
  severity: string | undefined;
  /** The resource; undefined where the finding is about the whole stack. */
  urn: string | undefined;
  message: string;
  /** Set where the rule could not judge, since only `up` knows a value: what the rule says it waits for. */
  waitsFor: string | undefined;
}

/** What the engine said about one run of it. */
export interface EngineRun {
  resources: PlannedResource[];
  findings: PolicyFinding[];
  /** Packs that ran, with their versions. */
  packs: { name: string; version: string }[];
  /** Names of the rules that ran. */
  rules: string[];
  /** The rules on the whole stack were asked, which is the last thing: not where something failed before. */
  judgedStack: boolean;
  errors: string[];
  warnings: string[];
  isPreview: boolean;
  /** The engine came to its end and said how it went. */
  complete: boolean;
}

const STACK_TYPE = "pulumi:pulumi:Stack";

/** What the SDK of policies says where a rule reads a value that is not known yet. Source: pulumi/pulumi-policy, sdk/nodejs/policy/server.ts. */
const NOT_YET = /^can't run policy '.*' from policy pack '.*' during preview: (.*)$/s;

/** Steps that are one part of a replacement, or say nothing of their own. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  create: "create",
  update: "update",
  delete: "delete",
  replace: "replace",
  "create-replacement": "replace",
  "delete-replaced": "replace",
  import: "import",
  "import-replacement": "replace",
  read: "read",
  "read-replacement": "read",
  refresh: "same",
  same: "same",
};

/** Of several steps for one resource, the one that says most. */
const RANK: readonly Operation[] = ["same", "read", "import", "create", "update", "delete", "replace"];

/**
 * Reads the engine's event log: one JSON object a line. What the engine logs for debugging is left out: it holds secrets in the clear.
 *
 * @param dependencies what needs what, of which the events have nothing
 * @throws Error where a line that another follows is no JSON. The last may be cut short: the engine was ended while it wrote.
 */
export function readEvents(log: string, dependencies: Dependencies = new Map()): EngineRun {
  const resources = new Map<string, PlannedResource>();
  const packs = new Map<string, string>();
  const rules = new Set<string>();
  const run: EngineRun = {
    resources: [],
    findings: [],
    packs: [],
    rules: [],
    judgedStack: false,
    errors: [],
    warnings: [],
    isPreview: true,
    complete: false,
  };
  for (const event of parse(log)) {
    const step = (event.resourcePreEvent ?? event.resOutputsEvent ?? event.resOpFailedEvent)?.metadata;
    if (step && !isDefaultProvider(step)) note(resources, step);
    const failed = resources.get(event.resOpFailedEvent?.metadata.urn ?? "");
    if (failed) failed.failed = true;
    if (event.diagnosticEvent) noteDiagnostic(run, event.diagnosticEvent);
    if (event.policyEvent) run.findings.push(finding(event.policyEvent));
    if (event.policyAnalyzeStackSummaryEvent) run.judgedStack = true;
    const ran = event.policyAnalyzeSummaryEvent ?? event.policyAnalyzeStackSummaryEvent;
    for (const rule of [...(ran?.passed ?? []), ...(ran?.failed ?? [])]) rules.add(rule);
    if (event.summaryEvent) {
      run.complete = true;
      run.isPreview = event.summaryEvent.isPreview;
      for (const [key, version] of Object.entries(event.summaryEvent.PolicyPacks ?? {}))
        packs.set(key.split("|")[0] ?? key, version);
    }
  }
  run.resources = [...resources.values()].map((each) => ({ ...each, needs: dependencies.get(each.urn) ?? [] }));
  run.packs = [...packs].map(([name, version]) => ({ name, version }));
  for (const { rule } of run.findings) rules.add(rule);
  run.rules = [...rules].sort();
  return run;
}

function parse(log: string): EngineEvent[] {
  const lines = log.split("\n").filter((line) => line !== "");
  return lines.flatMap((line, i) => {
    try {
      return [JSON.parse(line) as EngineEvent];
    } catch {
      if (i === lines.length - 1) return [];
      throw new Error(`Line ${i + 1} of the engine's event log is no JSON.`);
    }
  });
}

/** Providers that the engine makes by itself: nobody wrote them, and its own totals leave them out. */
function isDefaultProvider({ type, urn }: Step): boolean {
  return type.startsWith("pulumi:providers:") && /^default(_|$)/.test(nameOf(urn));
}

function note(resources: Map<string, PlannedResource>, step: Step): void {
  const operation = operationOf(step);
  if (operation === undefined) return;
  const known = resources.get(step.urn);
  const changes = propertiesOf(step, operation);
  if (known && RANK.indexOf(operation) <= RANK.indexOf(known.operation)) {
    if (known.operation === operation && known.changes.length === 0) known.changes = changes;
    return;
  }
  const state = step.new ?? step.old;
  resources.set(step.urn, {
    urn: step.urn,
    type: step.type,
    name: nameOf(step.urn),
    parent: state?.parent || undefined,
    component: state?.custom !== true,
    protected: step.old?.protect === true,
    operation,
    failed: false,
    changes,
    needs: [],
  });
}

function propertiesOf(step: Step, operation: Operation): PropertyChange[] {
  // The deletion of what is replaced has nothing new to compare with.
  if (!step.new || operation === "delete" || operation === "same" || operation === "read") return [];
  return changesOf(step);
}

/** A refresh calls what it only looked at an update: components and providers, which have nothing to be looked at. */
function operationOf(step: Step): Operation | undefined {
  const operation = OPERATIONS[step.op];
  const isLookedAt = step.new?.custom !== true || step.type.startsWith("pulumi:providers:");
  if (operation === "update" && isLookedAt && changesOf(step).length === 0 && !step.diffs?.length) return "same";
  return operation;
}

function noteDiagnostic(run: EngineRun, { message, severity, ephemeral }: NonNullable<EngineEvent["diagnosticEvent"]>) {
  if (ephemeral) return;
  const line = withoutSecrets(plainText(message)).trim();
  const lines = severity === "error" ? run.errors : severity === "warning" ? run.warnings : undefined;
  if (line !== "" && lines && !lines.includes(line)) lines.push(line);
}

function finding(event: NonNullable<EngineEvent["policyEvent"]>): PolicyFinding {
  const message = withoutSecrets(plainText(event.message)).trim();
  const notYet = NOT_YET.exec(message);
  const isStack = event.resourceUrn === undefined || event.resourceUrn.includes(`::${STACK_TYPE}::`);
  return {
    rule: event.policyName,
    pack: event.policyPackName,
    level: event.enforcementLevel,
    severity: event.severity || undefined,
    urn: isStack ? undefined : event.resourceUrn,
    message,
    waitsFor: notYet?.[1],
  };
}

/** The engine's marks of colour are none of the text. */
function plainText(message: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: terminals' colours begin with one
  return message.replace(/<\{%.*?%\}>|\x1b\[[0-9;]*[A-Za-z]/g, "");
}

/** A URN's last part. Names may hold `::`: the part before is a type, which does not. */
export function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

/** Whether it stands for the stack itself. */
export function isStack({ type }: { type: string }): boolean {
  return type === STACK_TYPE;
}
