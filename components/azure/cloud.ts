import { UserError } from "../errors/userError.ts";
import { CLOUDS, type Cloud } from "./clouds.ts";

/**
 * The cloud of the deployment: ARM_ENVIRONMENT, else AZURE_ENVIRONMENT, else the public one.
 *
 * @throws {UserError} for a name that azure-native does not know: it would use the public cloud, where the token is not valid.
 */
export function deployerCloud(env: NodeJS.ProcessEnv = process.env): Cloud {
  const [variable, name] =
    (["ARM_ENVIRONMENT", "AZURE_ENVIRONMENT"] as const)
      .map((key) => [key, env[key]] as const)
      .find(([, value]) => value) ?? [];
  if (!variable || !name) {
    const { authorityHost: _, ...cloud } = publicCloud();
    return cloud;
  }
  return cloudNamed(name, variable);
}

/**
 * Compares the cloud in the configuration of azure-native with the deployment's, which the configuration does not decide.
 *
 * @param configured `azure-native:environment`; undefined: it is not set
 * @throws {UserError} EP-LOGIN-02 when they differ: resources would be in one cloud, and tokens from another
 */
export function requireSameCloud(configured: string | undefined, env: NodeJS.ProcessEnv = process.env): void {
  const key = "azure-native:environment";
  const { database } = deployerCloud(env);
  if (!configured || cloudNamed(configured, key).database === database) return;
  throw new UserError({
    code: "EP-LOGIN-02",
    step: "choosing the Azure cloud",
    expected: `the cloud of ${key}, ${JSON.stringify(configured)}, in ARM_ENVIRONMENT, too`,
    found: `ARM_ENVIRONMENT ${JSON.stringify(env.ARM_ENVIRONMENT ?? env.AZURE_ENVIRONMENT ?? "")}`,
    remedy: `export ARM_ENVIRONMENT=${configured}`,
  });
}

/** @param variable where the name stands */
function cloudNamed(name: string, variable: string): Cloud {
  const found = CLOUDS.find(({ names }) => names.includes(name.toLowerCase()));
  if (!found) {
    throw new UserError({
      code: "EP-AZ-08",
      step: "choosing the Azure cloud",
      expected: `${variable} to be one of: ${CLOUDS.map(({ names }) => names[0]).join(", ")}`,
      found: JSON.stringify(name),
      remedy: `correct ${variable}, or unset it for the public cloud`,
    });
  }
  return found.cloud;
}

/** Whether @pulumi/postgresql can log in: it asks for tokens for the public cloud's database only, whatever the deployment's cloud. */
export function postgresqlProviderCanLogIn(): boolean {
  return deployerCloud().database === publicCloud().database;
}

function publicCloud(): Cloud {
  const [first] = CLOUDS;
  if (!first) throw new Error("there is no cloud");
  return first.cloud;
}
