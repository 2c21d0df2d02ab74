import { deployerCloud } from "./cloud.ts";
import { type AzureAnswer, askService, endpointIn } from "./resourceManager.ts";

/**
 * Asks Microsoft Graph, which knows the directory, as the deployer. Many logins may not: then it answers 403.
 *
 * @param path such as `/v1.0/directoryObjects/<object id>`
 * @param signal ends all of it.
 * @throws {Failure} of phase `token` or `azure` without a response; a refusal is a response.
 */
export async function askGraph(
  path: string,
  signal: AbortSignal,
  env: NodeJS.ProcessEnv = process.env,
): Promise<AzureAnswer> {
  const { graph } = deployerCloud(env);
  return await askService(
    { endpoint: endpointIn("MSGRAPH_ENDPOINT", env, graph), scope: `${graph}/.default` },
    path,
    signal,
  );
}
