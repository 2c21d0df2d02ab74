import type { PolicyConfigSchema } from "@pulumi/policy";
import { ENVIRONMENTS, type Environment } from "../../components/environments/environments.ts";
import type { Seen } from "./judging.ts";
import { list } from "./setting.ts";

/** Configuration of a rule that depends on the environment. */
export interface EnvironmentConfig {
  environment: Environment;
}

/** The environment of a stack without a file: the strictest. */
export const STRICTEST: Environment = "prod";

/** The setting `environment`. The program cannot change it: the rule `environment-tag` compares its tags with it. */
export const ENVIRONMENT_SCHEMA: PolicyConfigSchema["properties"] = {
  environment: {
    type: "string",
    enum: [...ENVIRONMENTS],
    default: STRICTEST,
    description: "Environment of the stack; `policies/stacks/<stack>.json` sets it for all rules",
  },
};

/** The setting `environments` of a rule that applies to some of them. */
export function environmentsSchema(what: string, demanded: Environment[]): PolicyConfigSchema["properties"] {
  return {
    environments: list({ type: "string", enum: [...ENVIRONMENTS] }, demanded, `Environments in which ${what}`),
  };
}

/** The environment of the stack. The engine refuses unknown words; one that gets here counts as the strictest. */
export function environmentOf(config: { environment?: unknown }): Environment {
  return ENVIRONMENTS.find((environment) => environment === config.environment) ?? STRICTEST;
}

/** The value of a tag. Names of tags have no case in Azure. */
export function tagValue({ props }: Seen, name: string): unknown {
  const { tags } = props;
  const key = Object.keys(tags ?? {}).find((each) => each.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : tags[key];
}
