import type { Dependencies } from "./dependencies.ts";
import type { EngineEvent, Step } from "./engineEvent.ts";
import { changesOf, type PropertyChange } from "./propertyChanges.ts";
import { withoutSecrets } from "./propertyValue.ts";

/** What the engine does with a resource. */
export type Operation = "create" | "update" | "replace" | "delete" | "import" | "read" | "same";

/** A resource of the stack and its operation. */
export interface PlannedResource {
  urn: string;
  /** For example `azure-native:dbforpostgresql:Server`. */
  type: string;
  name: string;
  /** URN of its parent; undefined for the stack's own resource. */
  parent: string | undefined;
  /** It is a component, which exists only in Pulumi. */
  component: boolean;
  /** Pulumi refuses to delete it. */
  protected: boolean;
  operation: Operation;
  /** The operation was tried and failed. */
  failed: boolean;
  changes: PropertyChange[];
  /** URNs of the resources that it depends on; always empty in a destroy. */
  needs: readonly string[];
}

/** A violation of a rule, or a rule that cannot judge yet. */
export interface PolicyFinding {
  rule: string;
  pack: string;
  level: string;
  severity: string | undefined;
  /** The resource; undefined for a finding about the whole stack. */
  urn: string | undefined;
  message: string;
  /** The unknown value that the rule waits for; undefined for a violation. */
  waitsFor: string | undefined;
}

/** The events of one run of the engine. */
export interface EngineRun {
  resources: PlannedResource[];
  findings: PolicyFinding[];
  /** Packs that ran, with their versions. */
  packs: { name: string; version: string }[];
  /** Names of the rules that ran. */
  rules: string[];
  /** The rules on the whole stack have run. They run last, so an earlier failure prevents them. */
  judgedStack: boolean;
  errors: string[];
  warnings: string[];
  isPreview: boolean;
  /** The engine finished and reported its result. */
  complete: boolean;
}

const STACK_TYPE = "pulumi:pulumi:Stack";

/** The policy SDK's message when a rule reads a value that is not known yet. Source: pulumi/pulumi-policy, sdk/nodejs/policy/server.ts. */
const NOT_YET = /^can't run policy '.*' from policy pack '.*' during preview: (.*)$/s;

/** The operation that a step of the engine belongs to. */
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

/** Operations by importance: a resource with several steps has the most important one. */
const RANK: readonly Operation[] = ["same", "read", "import", "create", "update", "delete", "replace"];

/**
 * Reads the engine's event log, one JSON object a line. Skips debug messages: they hold secrets in the clear.
 *
 * @param dependencies which the events lack
 * @throws Error for a line that is not JSON. The last line may be incomplete, because the engine may have been killed.
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
      throw new Error(`Line ${i + 1} of the engine's event log is not JSON.`);
    }
  });
}

/** Whether the engine created the provider itself. Its own totals leave such providers out. */
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
  // Deleting a replaced resource changes no property.
  if (!step.new || operation === "delete" || operation === "same" || operation === "read") return [];
  return changesOf(step);
}

/** A refresh reports components and providers as updated, although it only read them. */
function operationOf(step: Step): Operation | undefined {
  const operation = OPERATIONS[step.op];
  const isOnlyRead = step.new?.custom !== true || step.type.startsWith("pulumi:providers:");
  if (operation === "update" && isOnlyRead && changesOf(step).length === 0 && !step.diffs?.length) return "same";
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

/** The message without the engine's colours. */
function plainText(message: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: terminals' colours begin with one
  return message.replace(/<\{%.*?%\}>|\x1b\[[0-9;]*[A-Za-z]/g, "");
}

/** A URN's last part. Names may hold `::`: the part before is a type, which does not. */
export function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

/** Whether the resource is the stack itself. */
export function isStack({ type }: { type: string }): boolean {
  return type === STACK_TYPE;
}
