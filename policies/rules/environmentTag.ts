import { ENVIRONMENT_SCHEMA, type EnvironmentConfig, environmentOf, tagValue } from "../engine/environment.ts";
import { TAGGED } from "../engine/resourceKind.ts";
import { benchmark, resourceRule } from "../engine/rule.ts";

export const environmentTag = resourceRule<EnvironmentConfig>({
  name: "environment-tag",
  displayName: "The environment tag matches the configuration",
  description:
    "The tag `environment` of a resource must match the environment that the policy pack is configured with.",
  severity: "medium",
  remediationSteps:
    "Set environment in the stack's configuration to the one in policies/stacks/<stack>.json, or ask the owners of that file for a change.",
  url: "https://learn.microsoft.com/en-us/azure/cloud-adoption-framework/ready/azure-best-practices/resource-tagging",
  framework: benchmark("AM-1", "Track asset inventory and their risks"),
  tags: ["inventory", "environment"],
  verifiedModule: "none (tags is not set)",
  settings: ENVIRONMENT_SCHEMA,
  looksAt: TAGGED,
  judge: (resource, config) => {
    const [word, environment] = [tagValue(resource, "environment"), environmentOf(config)];
    // A missing tag is a violation of the rule required-tags, not of this one.
    const isOther = !["", undefined, environment].includes(word as string);
    return isOther && `"${resource.name}" has the tag environment: ${word}; the stack is judged as ${environment}.`;
  },
});
