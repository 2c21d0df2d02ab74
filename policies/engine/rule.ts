import type {
  Policy,
  PolicyComplianceFramework,
  PolicyConfigSchema,
  PolicyResource,
  ReportViolation,
  ResourceValidationArgs,
  ResourceValidationPolicy,
  StackValidationPolicy,
} from "@pulumi/policy";
import type { Environment } from "../../components/environments/environments.ts";
import { ENVIRONMENT_SCHEMA, environmentOf, environmentsSchema } from "./environment.ts";
import { judging, type Seen, type Verdict } from "./judging.ts";
import type { ResourceKind } from "./resourceKind.ts";

/** Everything about a rule but its judgement. Every rule is mandatory, until the pack's configuration says otherwise. */
export interface RuleFacts
  extends Required<
    Pick<Policy, "name" | "displayName" | "description" | "severity" | "remediationSteps" | "url" | "tags">
  > {
  /** Control of the Microsoft cloud security benchmark with the same subject. */
  framework?: PolicyComplianceFramework;
  /** Built-ins of Azure Policy with the same subject, by id. Source: Azure/azure-policy on GitHub, built-in-policies/policyDefinitions. */
  builtIns?: Readonly<Record<string, string>>;
  /**
   * The default of the Azure Verified Module for the same resource; missing where it has no such setting. Source: the Bicep module
   * avm/res/db-for-postgre-sql/flexible-server, main.bicep, 0.16.0, unless another is named.
   */
  verifiedModule?: string;
  /** The rule's own configuration, each property with its default. */
  settings?: PolicyConfigSchema["properties"];
  /** Environments in which the rule applies by default, and what it then demands. @default all environments */
  demandedIn?: { environments: Environment[]; demand: string };
  /** Kinds of resource that the rule judges. */
  looksAt: readonly ResourceKind[];
}

/** A rule of the pack. */
export type Rule = Omit<RuleFacts, "settings" | "demandedIn" | "looksAt"> &
  Required<Pick<Policy, "enforcementLevel">> &
  (ResourceValidationPolicy | StackValidationPolicy);

/** The inputs of a resource whose kind the rule is shown; undefined where the engine did not show them. */
export type InputsOf = (resource: PolicyResource) => PolicyResource["props"] | undefined;

/** The stack of the judged resource. */
interface Stack {
  resources: readonly PolicyResource[];
  inputsOf: InputsOf;
}

/** The configuration that a rule is judged with: every default filled in. */
type Config = Record<string, unknown>;

/** A rule on each resource by itself, by its inputs. It does not look at resources of other kinds. */
export function resourceRule<C extends object = Config>({
  judge,
  ...facts
}: RuleFacts & {
  judge: (resource: ResourceValidationArgs, config: C) => Verdict;
}): Rule & ResourceValidationPolicy {
  const { policy, run } = skeleton<C>(facts);
  return {
    ...policy,
    validateResource: (args, report) => {
      run([args], args, report, judge);
    },
  };
}

/**
 * A rule on how resources of a stack belong together, by their outputs. It does not apply to a stack without the kinds that it judges.
 *
 * Outputs lack some inputs: those of a diagnostic setting do not name its resource. The rule also gets the inputs of the kinds in `shown`: it
 * notes them when the engine asks about each resource by itself, which comes first.
 */
export function stackRule<C extends object = Config>({
  shown = [],
  judge,
  ...facts
}: RuleFacts & {
  shown?: readonly ResourceKind[];
  judge: (resource: PolicyResource, config: C, stack: Stack) => Verdict;
}): Rule & StackValidationPolicy & Partial<Pick<ResourceValidationPolicy, "validateResource">> {
  const { policy, run } = skeleton<C>(facts);
  const inputs = new Map<string, PolicyResource["props"]>();
  const note: ResourceValidationPolicy["validateResource"] = (args) => {
    if (!shown.some((kind) => kind.is(args.type))) args.notApplicable("judges the stack");
    inputs.set(args.urn, args.props);
  };
  return {
    ...policy,
    ...(shown.length > 0 ? { validateResource: note } : {}),
    validateStack: (args, report) => {
      const stack: Stack = { resources: args.resources, inputsOf: ({ urn }) => inputs.get(urn) };
      run(args.resources, args, report, (resource, config) => judge(resource, config, stack));
    },
  };
}

type Run = Pick<ResourceValidationArgs, "notApplicable" | "getConfig">;

/** What every rule does: look at its kinds alone, fill the configuration in, and judge where its environment demands it. */
function skeleton<C extends object>({ settings, demandedIn, looksAt, ...policy }: RuleFacts) {
  const properties: PolicyConfigSchema["properties"] = {
    ...(demandedIn && { ...ENVIRONMENT_SCHEMA, ...environmentsSchema(demandedIn.demand, demandedIn.environments) }),
    ...settings,
  };
  // The engine fills defaults in, too, but only where it was asked to configure the pack.
  const defaults = Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, property.default]));
  return {
    policy: {
      ...policy,
      enforcementLevel: "mandatory" as const,
      ...(Object.keys(properties).length > 0 && { configSchema: { properties } }),
    },
    run: <R extends Seen>(
      resources: readonly R[],
      args: Run,
      report: ReportViolation,
      judge: (resource: R, config: C) => Verdict,
    ): void => {
      const judged = resources.filter(({ type }) => looksAt.some((kind) => kind.is(type)));
      if (judged.length === 0) args.notApplicable(`judges ${looksAt.map(({ name }) => name).join(", ")}`);
      const config = { ...defaults, ...args.getConfig<C & { environment?: string; environments?: string[] }>() };
      if (demandedIn && !config.environments?.includes(environmentOf(config))) return;
      judging(
        report,
        judged.map((resource) => [resource, () => judge(resource, config)]),
      );
    },
  };
}

/** A control of the Microsoft cloud security benchmark, version 1: https://learn.microsoft.com/security/benchmark/azure/overview */
export function benchmark(control: string, title: string): PolicyComplianceFramework {
  return { name: "Microsoft cloud security benchmark", version: "1", reference: control, specification: title };
}
