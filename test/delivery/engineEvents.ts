/** A step as a test describes it. */
export interface StepFacts {
  op: string;
  type: string;
  name: string;
  /** Name of the parent's URN, as {@link urnOf} makes it. @default the stack */
  parent?: string;
  component?: boolean;
  protect?: boolean;
  before?: Record<string, unknown>;
  after?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
  keys?: string[];
  diffs?: string[];
  detailedDiff?: Record<string, { diffKind: string; inputDiff: boolean }>;
  hideDiffs?: (string | number)[][];
  /** Which of the engine's events tells it. @default resourcePreEvent */
  event?: "resourcePreEvent" | "resOutputsEvent" | "resOpFailedEvent";
}

const STACK_URN = "urn:pulumi:dev::entra-postgres::pulumi:pulumi:Stack::entra-postgres-dev";

/** A resource's URN. */
export function urnOf(type: string, name: string): string {
  return `urn:pulumi:dev::entra-postgres::${type}::${name}`;
}

/** An event of a step, in the format of the CLI's event log. */
export function step(facts: StepFacts): object {
  const urn = facts.type === "pulumi:pulumi:Stack" ? STACK_URN : urnOf(facts.type, facts.name);
  const state = (inputs: object | undefined) =>
    inputs === undefined
      ? null
      : {
          type: facts.type,
          urn,
          custom: !facts.component,
          id: "",
          parent: facts.type === "pulumi:pulumi:Stack" ? "" : (facts.parent ?? STACK_URN),
          inputs,
          outputs: facts.outputs ?? {},
          ...(facts.protect ? { protect: true } : {}),
          ...(facts.hideDiffs ? { hideDiffs: facts.hideDiffs } : {}),
        };
  const [hasOld, hasNew] = [!["create", "import"].includes(facts.op), !facts.op.startsWith("delete")];
  const metadata = {
    op: facts.op,
    urn,
    type: facts.type,
    old: state(hasOld ? (facts.before ?? {}) : undefined),
    new: state(hasNew ? (facts.after ?? facts.before ?? {}) : undefined),
    ...(facts.keys ? { keys: facts.keys } : {}),
    ...(facts.diffs ? { diffs: facts.diffs } : {}),
    detailedDiff: facts.detailedDiff ?? null,
    provider: "",
  };
  return { [facts.event ?? "resourcePreEvent"]: { metadata, planning: true } };
}

/** A finding of a policy pack. */
export function policy(facts: {
  rule: string;
  message: string;
  level?: string;
  severity?: string;
  urn?: string;
}): object {
  return {
    policyEvent: {
      resourceUrn: facts.urn ?? STACK_URN,
      message: `${facts.message}\n`,
      color: "never",
      policyName: facts.rule,
      policyPackName: "pack",
      policyPackVersion: "1.0.0",
      policyPackVersionTag: "1.0.0",
      enforcementLevel: facts.level ?? "advisory",
      ...(facts.severity ? { severity: facts.severity } : {}),
    },
  };
}

/** What the SDK of policies says where a rule reads a value that is not known yet. */
export function waiting(rule: string, reason: string): string {
  return `can't run policy '${rule}' from policy pack 'pack@v1.0.0' during preview: ${reason}`;
}

/** The last thing the engine says. */
export function end(facts: { pack?: boolean; isPreview?: boolean; result?: string } = {}): object {
  return {
    summaryEvent: {
      maybeCorrupt: false,
      durationSeconds: 1,
      resourceChanges: {},
      PolicyPacks: facts.pack ? { "pack|local|./policies": "1.0.0" } : {},
      isPreview: facts.isPreview ?? true,
      result: facts.result ?? "succeeded",
    },
  };
}

/** The events as the CLI writes them. */
export function eventLog(...events: object[]): string {
  return events.map((event, sequence) => `${JSON.stringify({ sequence, timestamp: 1, ...event })}\n`).join("");
}
