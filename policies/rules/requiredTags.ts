import { tagValue } from "../engine/environment.ts";
import { TAGGED } from "../engine/resourceKind.ts";
import { benchmark, resourceRule } from "../engine/rule.ts";
import { list } from "../engine/setting.ts";

export const requiredTags = resourceRule<{ names: string[] }>({
  name: "required-tags",
  displayName: "Resources are tagged",
  description: "Every resource that can have tags must name its project, stack and environment.",
  severity: "low",
  remediationSteps:
    "Give the resource the tags that the message names; the program's own resources get them from index.ts.",
  url: "https://learn.microsoft.com/en-us/azure/cloud-adoption-framework/ready/azure-best-practices/resource-tagging",
  framework: benchmark("AM-1", "Track asset inventory and their risks"),
  tags: ["inventory"],
  builtIns: {
    "871b6d14-10aa-478d-b590-94f262ecfa99": "Require a tag on resources",
    "96670d01-0a4d-4649-9c89-2d3abc0a5025": "Require a tag on resource groups",
  },
  verifiedModule: "none (tags is not set)",
  settings: {
    names: list(
      { type: "string", minLength: 1 },
      ["project", "stack", "environment"],
      "Names of the tags; upper and lower case are the same",
    ),
  },
  looksAt: TAGGED,
  judge: (resource, { names }) => {
    const missing = names.filter((name) => ["", undefined].includes(tagValue(resource, name) as string));
    return missing.length > 0 && `"${resource.name}" lacks the tags: ${missing.join(", ")}.`;
  },
});
