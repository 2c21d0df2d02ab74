/** A resource before or after a step. */
export interface State {
  custom?: boolean;
  parent?: string;
  protect?: boolean;
  inputs?: Record<string, unknown> | null;
  outputs?: Record<string, unknown> | null;
  hideDiffs?: (string | number)[][];
}

/** An operation of the engine on one resource. */
export interface Step {
  op: string;
  urn: string;
  type: string;
  old: State | null;
  new: State | null;
  keys?: string[];
  diffs?: string[];
  detailedDiff?: Record<string, { diffKind: string; inputDiff: boolean }> | null;
}

/** The engine's events that a summary uses. Source: pulumi/pulumi, sdk/go/common/apitype/events.go. */
export interface EngineEvent {
  resourcePreEvent?: { metadata: Step };
  resOutputsEvent?: { metadata: Step };
  resOpFailedEvent?: { metadata: Step };
  diagnosticEvent?: { message: string; severity: string; ephemeral?: boolean };
  policyEvent?: {
    resourceUrn?: string;
    message: string;
    policyName: string;
    policyPackName: string;
    enforcementLevel: string;
    severity?: string;
  };
  policyAnalyzeSummaryEvent?: RuleSummary;
  policyAnalyzeStackSummaryEvent?: RuleSummary;
  summaryEvent?: { PolicyPacks?: Record<string, string> | null; isPreview: boolean };
}

/** The rules of a pack that ran on a resource or on the stack. */
export interface RuleSummary {
  policyPackName: string;
  passed?: string[];
  failed?: string[];
}
