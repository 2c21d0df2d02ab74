import assert from "node:assert/strict";
import type {
  PolicyResource,
  PolicyResourceOptions,
  ResourceValidationArgs,
  ResourceValidationPolicy,
  StackValidationPolicy,
} from "@pulumi/policy";
import * as sdk from "@pulumi/policy";
import { UnknownValueError } from "../../policies/engine/unknownValue.ts";

/** The SDK's values for an unknown text, list or object, from its proxy.js. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
export const UNKNOWN_LIST = "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2";
export const UNKNOWN_OBJECT = "dd056dcd-154b-4c76-9bd3-c8f88648b5ff";

/** The result of a rule. */
export interface Judged {
  /** What it reported, with the URN of the resource. */
  violations: { message: string; urn: string | undefined }[];
  /** What waits for `up`; the SDK reports it as an advisory. */
  waits?: string;
  /** Why the rule does not apply. */
  notApplicable?: string;
}

/** A resource of a test. */
export interface Given {
  type: string;
  name?: string;
  /** Its inputs; in a stack rule its outputs. */
  props?: Record<string, unknown>;
  /** The inputs that a stack rule is shown. @default none */
  inputs?: Record<string, unknown>;
  protect?: boolean;
  /** Names of the resources that each property comes from. */
  from?: Record<string, string[]>;
}

class NotApplicable extends Error {}

const notApplicable = (reason?: string): never => {
  throw new NotApplicable(reason);
};

/** Judges one resource, with its properties as the SDK hands them to a policy. */
export function judge(
  rule: Pick<ResourceValidationPolicy, "name" | "validateResource">,
  given: Given,
  config: object = {},
): Judged {
  const args: ResourceValidationArgs = { ...basics(given), ...argsWith(config) };
  return run((report) => {
    if (typeof rule.validateResource !== "function") throw new Error(`${rule.name} judges no resource`);
    rule.validateResource(args, report);
  });
}

/** Judges a stack, after each resource that shows its inputs was shown by itself, as the engine does it. */
export function judgeStack(
  rule: StackValidationPolicy & Partial<Pick<ResourceValidationPolicy, "validateResource">>,
  given: readonly Given[],
  config: object = {},
): Judged {
  const { validateResource } = rule;
  for (const each of given) {
    if (!each.inputs || !validateResource) continue;
    assert.deepEqual(judge({ ...rule, validateResource }, { ...each, props: each.inputs }).violations, []);
  }
  const resources = given.map(
    (each): PolicyResource => ({ ...basics(each), dependencies: [], propertyDependencies: {} }),
  );
  const named = (name: string) => {
    const found = resources.find((resource) => resource.name === name);
    if (!found) throw new Error(`the test has no resource ${name}`);
    return found;
  };
  for (const [at, { from = {} }] of given.entries()) {
    for (const [property, names] of Object.entries(from)) {
      (resources[at] as PolicyResource).propertyDependencies[property] = names.map(named);
    }
  }
  return run((report) => rule.validateStack({ resources, ...argsWith(config) }, report));
}

function basics({ type, name = "it", props = {}, protect = false }: Given) {
  const opts: PolicyResourceOptions = {
    protect,
    ignoreChanges: [],
    aliases: [],
    customTimeouts: { createSeconds: 0, updateSeconds: 0, deleteSeconds: 0 },
    additionalSecretOutputs: [],
  };
  const known = props === UNTOUCHABLE ? props : sdk.unknownCheckingProxy(props);
  return { type, name, urn: `urn:${name}`, opts, props: known, isType: () => false, asType: () => undefined };
}

function argsWith(config: object) {
  return { stackTags: new Map(), getConfig: <T>() => config as T, notApplicable };
}

/** Properties that fail the test when a rule reads them. */
export const UNTOUCHABLE: Record<string, unknown> = new Proxy(
  {},
  { get: (_, name) => assert.fail(`read ${String(name)}`) },
);

/** As the SDK does it, in server.js: reports stay, an unknown value ends the rule with an advisory, anything else is a failure. */
function run(validate: (report: (message: string, urn?: string) => void) => void): Judged {
  const violations: Judged["violations"] = [];
  try {
    validate((message, urn) => violations.push({ message, urn }));
    return { violations };
  } catch (error) {
    if (error instanceof UnknownValueError) return { violations, waits: error.message };
    if (error instanceof NotApplicable) return { violations, notApplicable: error.message };
    throw error;
  }
}

/** The messages alone. */
export function messages(judged: Judged): string[] {
  return judged.violations.map(({ message }) => message);
}
