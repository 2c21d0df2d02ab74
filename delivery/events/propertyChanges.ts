import type { Step } from "./engineEvent.ts";
import { isEngineOwn, valueAt } from "./propertyValue.ts";
import { differences } from "./valueDifference.ts";

/** One property that differs. */
export interface PropertyChange {
  /** In the engine's notation: `tags.stack`, `securityRules[0].priority`. */
  path: string;
  before: unknown;
  after: unknown;
  /** The resource is replaced because of it. */
  replaces: boolean;
}

/** The properties that a step changes, as deep as they differ, without those that the engine and the SDKs add. */
export function changesOf(step: Step): PropertyChange[] {
  const [before, after] = [step.old?.inputs ?? {}, step.new?.inputs ?? {}];
  const changes: PropertyChange[] = [];
  const add = (path: string, old: unknown, now: unknown, replaces: boolean) => {
    const found = differences(path, old, now);
    // Two secrets that differ look the same.
    changes.push(
      ...(found.length > 0 ? found : [{ path, before: old, after: now }]).map((each) => ({ ...each, replaces })),
    );
  };
  for (const [path, { diffKind, inputDiff }] of Object.entries(step.detailedDiff ?? {})) {
    const old = valueAt(inputDiff ? before : (step.old?.outputs ?? {}), path);
    add(path, old, valueAt(after, path), diffKind.endsWith("-replace"));
  }
  if (changes.length === 0) {
    // Without the provider's diff, a property that only the old inputs have may be a default of the provider.
    const isDifferent = (name: string) => JSON.stringify(before[name]) !== JSON.stringify(after[name]);
    const names = step.diffs?.length ? step.diffs : Object.keys(after).filter(isDifferent);
    for (const name of names) add(name, before[name], after[name], step.keys?.includes(name) ?? false);
  }
  const hidden = (step.new?.hideDiffs ?? []).map((path) => path.join("."));
  return changes
    .filter(({ path }) => !isEngineOwn(path))
    .map((change) => (isHidden(change.path, hidden) ? { ...change, ...HIDDEN } : change));
}

/** Replaces values that the program hides by `hideDiffs`. */
const HIDDEN = { before: "(hidden)", after: "(hidden)" } as const;

function isHidden(path: string, hidden: readonly string[]): boolean {
  const dotted = path.replace(/\[(\d+)\]/g, ".$1");
  return hidden.some((each) => dotted === each || dotted.startsWith(`${each}.`));
}
