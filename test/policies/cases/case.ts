import assert from "node:assert/strict";
import type { Rule } from "../../../policies/engine/rule.ts";
import { type Given, type Judged, judge, judgeStack, messages } from "../judged.ts";

/** What a rule must say of the resources. */
export interface Verdict {
  /** The message of each violation, in order; of `undefined` only that there is one. */
  violations: readonly (string | RegExp | undefined)[];
  /** What the preview leaves to `up`. */
  waits?: RegExp;
}

/** Resources, the verdict, the rule's configuration, and the day of the preview. */
export type Case = readonly [given: Given | readonly Given[], verdict: Verdict, config?: object, day?: string];

/** The cases of rules: by the rule's name, then by the fact that the cases show. */
export type RuleCases = Readonly<Record<string, Readonly<Record<string, readonly Case[]>>>>;

export const PASS: Verdict = { violations: [] };

/** @param violations messages in order; none stands for one violation with any message */
export function refuse(...violations: (string | RegExp)[]): Verdict {
  return { violations: violations.length > 0 ? violations : [undefined] };
}

export function wait(waits: RegExp, ...violations: (string | RegExp | undefined)[]): Verdict {
  return { violations, waits };
}

/** One case for each value. */
export function each<T>(
  values: readonly T[],
  given: (value: T) => Case[0],
  verdict: Verdict,
  config: object = {},
): Case[] {
  return values.map((value): Case => [given(value), verdict, config]);
}

export function judgedBy(rule: Rule, given: Case[0], config?: object): Judged {
  const resources = [given].flat() as Given[];
  if ("validateStack" in rule) return judgeStack(rule, resources, config);
  const [resource] = resources;
  assert.ok(resource && resources.length === 1, `${rule.name} judges one resource at a time`);
  return judge(rule, resource, config);
}

export function assertVerdict(rule: Rule, [given, verdict, config]: Case): void {
  const judged = judgedBy(rule, given, config);
  const [found, about] = [messages(judged), JSON.stringify({ given, config, judged })];
  assert.equal(found.length, verdict.violations.length, about);
  for (const [at, expected] of verdict.violations.entries()) {
    if (typeof expected === "string") assert.equal(found[at], expected);
    else if (expected) assert.match(found[at] ?? "", expected);
  }
  for (const { message, urn } of judged.violations) {
    assert.equal(urn, `urn:${/^"(\w+)"/.exec(message)?.[1]}`, "a violation names its resource");
    assert.doesNotMatch(message, /secret/);
  }
  if (verdict.waits) assert.match(judged.waits ?? "", verdict.waits, about);
  else assert.equal(judged.waits, undefined, about);
  assert.equal(judged.notApplicable, undefined, about);
}
