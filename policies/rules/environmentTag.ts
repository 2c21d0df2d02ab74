import { ENVIRONMENT_SCHEMA, type EnvironmentConfig, environmentOf, tagValue } from "../engine/environment.ts";
import { TAGGED } from "../engine/resourceKind.ts";
import { benchmark, resourceRule } from "../engine/rule.ts";

export const environmentTag = resourceRule<EnvironmentConfig>({
  name: "environment-tag",
  displayName: "The tag says what the stack is judged as",
  description: "The tag `environment` of a resource must say what the policy pack was told that the stack is for.",
  severity: "medium",
  remediationSteps:
    "Set environment in the stack's configuration to what policies/stacks/<stack>.json says, or change that file, which its owners approve.",
  url: "https://learn.microsoft.com/en-us/azure/cloud-adoption-framework/ready/azure-best-practices/resource-tagging",
  framework: benchmark("AM-1", "Track asset inventory and their risks"),
  tags: ["inventory", "environment"],
  verifiedModule: "none (tags is not set)",
  settings: ENVIRONMENT_SCHEMA,
  looksAt: TAGGED,
  judge: (resource, demand, config) => {
    demand(() => {
      const [word, environment] = [tagValue(resource, "environment"), environmentOf(config)];
      // Without the tag it says nothing; that it is needed is the rule required-tags.
      if (["", undefined, environment].includes(word as string)) return undefined;
      return `"${resource.name}" has the tag environment: ${word}; the stack is judged as ${environment}.`;
    });
  },
});
