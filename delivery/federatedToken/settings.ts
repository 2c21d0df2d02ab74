import {
  type AssertionEndpoint,
  azureDevOpsEndpoint,
  githubEndpoint,
  SERVICE_CONNECTION,
} from "../../components/azure/assertionEndpoint.ts";

/** What a job's variables come to. */
export interface Settings {
  /** Where assertions are asked for. */
  endpoint: AssertionEndpoint;
  /** Variables of the Azure SDK, but for the file's path. */
  variables: Record<string, string>;
}

/** Settings that cannot work, in words for whoever wrote the pipeline. */
export class SettingsError extends Error {}

/** azure-native's variable and the Azure SDK's for the same thing, for logins that need no file. */
const OTHER_WAYS: [variable: string, also: string[]][] = [
  ["ARM_CLIENT_CERTIFICATE_PATH", ["AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_CLIENT_CERTIFICATE_PASSWORD"]],
  ["ARM_CLIENT_SECRET", ["AZURE_CLIENT_SECRET"]],
];

/**
 * Reads a job's variables.
 * @throws SettingsError with the next step
 */
export function readSettings(env: NodeJS.ProcessEnv): Settings {
  for (const [variable, also] of OTHER_WAYS) {
    if (env[variable]) {
      throw new SettingsError(
        `${variable} is set: no assertion is needed, and a secret is copied nowhere. Set ${["AZURE_TENANT_ID", "AZURE_CLIENT_ID", ...also].join(", ")} ` +
          "in the job from the same places as ARM_*; or unset it to log in by OpenID Connect.",
      );
    }
  }
  const clientId = env.ARM_CLIENT_ID || env.AZURE_CLIENT_ID;
  const tenantId = env.ARM_TENANT_ID || env.AZURE_TENANT_ID;
  if (!clientId || !tenantId) {
    const missing = [...(clientId ? [] : ["ARM_CLIENT_ID"]), ...(tenantId ? [] : ["ARM_TENANT_ID"])];
    throw new SettingsError(`${missing.join(" and ")} not set: name the identity that the job deploys as.`);
  }
  const variables = { AZURE_CLIENT_ID: clientId, AZURE_TENANT_ID: tenantId };
  const github = githubEndpoint(env);
  if (github) {
    return { endpoint: github, variables };
  }
  const devOps = azureDevOpsEndpoint(env);
  if (devOps) {
    // azure-native cannot ask this endpoint; as the default credential it reads the file like the others.
    return { endpoint: devOps, variables: { ...variables, ARM_USE_DEFAULT_AZURE_CREDENTIAL: "true" } };
  }
  throw new SettingsError(
    "Nothing gives this job an assertion. On GitHub give it `permissions: id-token: write`, which sets ACTIONS_ID_TOKEN_REQUEST_URL and " +
      "ACTIONS_ID_TOKEN_REQUEST_TOKEN. On Azure DevOps pass SYSTEM_ACCESSTOKEN: $(System.AccessToken), and the service connection's id as one of " +
      `${SERVICE_CONNECTION.join(", ")}.`,
  );
}
