import {
  ENVIRONMENT_SCHEMA,
  type EnvironmentConfig,
  environmentOf,
  environmentsSchema,
} from "../engine/environment.ts";
import { DATABASE, SERVER } from "../engine/resourceKind.ts";
import { stackRule } from "../engine/rule.ts";

export const deletionProtection = stackRule<EnvironmentConfig & { environments: string[] }>({
  name: "deletion-protection",
  displayName: "Servers and databases are protected",
  description: "Outside dev, the server and its databases must be protected against deletion.",
  enforcementLevel: "mandatory",
  severity: "high",
  remediationSteps:
    "Set deletionProtection to Enabled (the resource option protect). An Azure lock would also block the deletes that repairs need.",
  url: "https://www.pulumi.com/docs/iac/concepts/options/protect/",
  tags: ["server", "database", "environment"],
  builtIns: [],
  verifiedModule: "none (lock is not set)",
  configSchema: {
    properties: { ...ENVIRONMENT_SCHEMA, ...environmentsSchema("deletion must be protected", ["test", "prod"]) },
  },
  looksAt: [SERVER, DATABASE],
  judge: (resources, demand, config) => {
    for (const resource of resources.filter(({ type }) => SERVER.is(type) || DATABASE.is(type))) {
      demand(
        resource,
        () =>
          !resource.opts.protect &&
          config.environments.includes(environmentOf(config)) &&
          `"${resource.name}" can be deleted by a slip: it needs the resource option protect.`,
      );
    }
  },
});
