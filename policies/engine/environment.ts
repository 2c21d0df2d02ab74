import type { PolicyConfigSchema } from "@pulumi/policy";
import { ENVIRONMENTS, type Environment } from "../../components/environments/environments.ts";
import type { Seen } from "./judging.ts";

/** Configuration of a rule that depends on the environment. */
export interface EnvironmentConfig {
  environment: Environment;
}

/** What a stack is taken for that nobody decided about: the strictest there is. */
export const STRICTEST: Environment = "prod";

/** Its schema. What is judged has no say in it: a tag `environment` is only held against it, by a rule of its own. */
export const ENVIRONMENT_SCHEMA: PolicyConfigSchema["properties"] = {
  environment: {
    type: "string",
    enum: [...ENVIRONMENTS],
    default: STRICTEST,
    description: "What the stack is for, as `policies/stacks/<stack>.json` says for all rules at once",
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

/** The environment of the stack. The engine refuses unknown words; one that gets here counts as the strictest. */
export function environmentOf(config: { environment?: unknown }): Environment {
  return ENVIRONMENTS.find((environment) => environment === config.environment) ?? STRICTEST;
}

/** A tag's value. Azure does not tell upper from lower case in the names of tags. */
export function tagValue({ props }: Seen, name: string): unknown {
  const { tags } = props;
  const key = Object.keys(tags ?? {}).find((each) => each.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : tags[key];
}
