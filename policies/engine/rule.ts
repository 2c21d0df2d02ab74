import type {
  Policy,
  PolicyComplianceFramework,
  PolicyConfigSchema,
  PolicyResource,
  ResourceValidationArgs,
  ResourceValidationPolicy,
  StackValidationPolicy,
} from "@pulumi/policy";
import { type Demand, judging } from "./judging.ts";
import type { ResourceKind } from "./resourceKind.ts";

/** A built-in definition of Azure Policy. Source: Azure/azure-policy on GitHub, built-in-policies/policyDefinitions. */
export interface BuiltIn {
  /** Its display name. */
  name: string;
  /** The last part of `/providers/Microsoft.Authorization/policyDefinitions/<id>`. */
  id: string;
}

/** Everything about a rule but its judgement. */
export interface RuleFacts
  extends Required<
    Pick<
      Policy,
      "name" | "displayName" | "description" | "enforcementLevel" | "severity" | "remediationSteps" | "url" | "tags"
    >
  > {
  /** Control of the Microsoft cloud security benchmark, where one is about the same. */
  framework?: PolicyComplianceFramework;
  /** Built-ins of Azure Policy that look at the same; empty where there is none. */
  builtIns: readonly BuiltIn[];
  /**
   * What the Azure Verified Module for the same resource does by itself; undefined where it has no such setting. Source: the Bicep module
   * avm/res/db-for-postgre-sql/flexible-server, main.bicep, 0.16.0, unless another is named.
   */
  verifiedModule: string | undefined;
  /** The rule's own configuration, each property with its default. */
  configSchema?: PolicyConfigSchema;
}

/** A rule of the pack. */
export type Rule = RuleFacts & (ResourceValidationPolicy | StackValidationPolicy);

/** The inputs of a resource whose kind the rule is shown; undefined where the engine did not show them. */
export type InputsOf = (resource: PolicyResource) => PolicyResource["props"] | undefined;

/** The configuration that a rule is judged with: every default filled in. */
type Config = Record<string, unknown>;

/** A rule on each resource by itself, by its inputs. Resources of other kinds it does not look at. */
export function resourceRule<C extends object = Config>({
  looksAt,
  judge,
  ...facts
}: RuleFacts & {
  looksAt: readonly ResourceKind[];
  judge: (resource: ResourceValidationArgs, demand: Demand, config: C) => void;
}): RuleFacts & ResourceValidationPolicy {
  return {
    ...facts,
    validateResource: (args, report) => {
      if (!looksAt.some((kind) => kind.is(args.type))) {
        args.notApplicable(`judges ${looksAt.map(({ name }) => name).join(", ")}`);
      }
      const config = { ...defaults(facts.configSchema), ...args.getConfig<C>() };
      judging(report, (demand) => judge(args, demand, config));
    },
  };
}

/**
 * A rule on how resources of a stack go together, by their outputs. Where the stack has none of the kinds it judges, it does not apply.
 *
 * Outputs do not have everything that was asked for: a diagnostic setting's lack the resource that it is of. `shown` are kinds whose inputs the
 * rule is to have, too. It notes them when the engine asks about each resource by itself, which comes first.
 */
export function stackRule<C extends object = Config>({
  looksAt,
  shown = [],
  judge,
  ...facts
}: RuleFacts & {
  looksAt: readonly ResourceKind[];
  shown?: readonly ResourceKind[];
  judge: (resources: PolicyResource[], demand: Demand, config: C, inputsOf: InputsOf) => void;
}): RuleFacts & StackValidationPolicy & Partial<Pick<ResourceValidationPolicy, "validateResource">> {
  const inputs = new Map<string, PolicyResource["props"]>();
  const note: ResourceValidationPolicy["validateResource"] = (args) => {
    if (!shown.some((kind) => kind.is(args.type))) args.notApplicable("judges the stack");
    inputs.set(args.urn, args.props);
  };
  return {
    ...facts,
    ...(shown.length > 0 ? { validateResource: note } : {}),
    validateStack: (args, report) => {
      if (!args.resources.some(({ type }) => looksAt.some((kind) => kind.is(type)))) {
        args.notApplicable(`judges ${looksAt.map(({ name }) => name).join(", ")}`);
      }
      const config = { ...defaults(facts.configSchema), ...args.getConfig<C>() };
      judging(report, (demand) => judge(args.resources, demand, config, ({ urn }) => inputs.get(urn)));
    },
  };
}

/** The engine fills defaults in, too, but only where it was asked to configure the pack. */
function defaults<C extends object>(schema: PolicyConfigSchema | undefined): C {
  const given = Object.entries(schema?.properties ?? {}).filter(([, property]) => property.default !== undefined);
  return Object.fromEntries(given.map(([name, property]) => [name, property.default])) as C;
}

/** A control of the Microsoft cloud security benchmark, version 1: https://learn.microsoft.com/security/benchmark/azure/overview */
export function benchmark(control: string, title: string): PolicyComplianceFramework {
  return { name: "Microsoft cloud security benchmark", version: "1", reference: control, specification: title };
}
