import type { PolicyConfigSchema, PolicyResource } from "@pulumi/policy";
import { ENVIRONMENTS, type Environment } from "../environments.ts";
import { reading, type Seen } from "./judging.ts";
import { SERVER } from "./resourceKind.ts";

/** Configuration of a rule that depends on the environment. */
export interface EnvironmentConfig {
  environment?: Environment;
}

/** Its schema. There is no default: the server's tag says it. */
export const ENVIRONMENT_SCHEMA: PolicyConfigSchema["properties"] = {
  environment: {
    type: "string",
    enum: [...ENVIRONMENTS],
    description: "What the server is for; without it, the server's tag `environment`, and without that `prod`",
  },
};

/** The schema of a list of environments in which something is demanded. */
export function environmentsSchema(what: string, demanded: Environment[]): PolicyConfigSchema["properties"] {
  return {
    environments: {
      type: "array",
      items: { type: "string", enum: [...ENVIRONMENTS] },
      uniqueItems: true,
      default: demanded,
      description: `Environments in which ${what}`,
    },
  };
}

/** What a server is for: what the configuration says, else its tag `environment`, else the strictest there is. */
export function environmentOf(config: EnvironmentConfig, server: Seen | undefined): Environment {
  const word = config.environment ?? (server && reading(server, () => tagValue(server, "environment")));
  return ENVIRONMENTS.find((environment) => environment === word) ?? "prod";
}

/** A tag's value. Azure does not tell upper from lower case in the names of tags. */
export function tagValue({ props }: Seen, name: string): unknown {
  const { tags } = props;
  const key = Object.keys(tags ?? {}).find((each) => each.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : tags[key];
}

/**
 * The server that something belongs to: the one that its server name or anything else of it comes from, else the only one of the same
 * component. Undefined where neither tells; what goes by the environment is then judged as for `prod`.
 */
export function serverOf(resource: PolicyResource, resources: readonly PolicyResource[]): PolicyResource | undefined {
  const isServer = ({ type }: PolicyResource) => SERVER.is(type);
  const named = Object.values(resource.propertyDependencies).flat().find(isServer);
  const siblings = resources.filter((other) => isServer(other) && other.parent?.urn === resource.parent?.urn);
  return named ?? resource.dependencies.find(isServer) ?? (siblings.length === 1 ? siblings[0] : undefined);
}
