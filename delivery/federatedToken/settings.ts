import {
  type AssertionEndpoint,
  azureDevOpsEndpoint,
  githubEndpoint,
  SERVICE_CONNECTION,
} from "../../components/azure/assertionEndpoint.ts";

/** The settings in a job's variables. */
export interface Settings {
  /** Where OIDC tokens are requested. */
  endpoint: AssertionEndpoint;
  /** Variables of the Azure SDK, without the file's path. */
  variables: Record<string, string>;
}

/** An error in the pipeline's variables, with the next step. */
class SettingsError extends Error {}

/** Logins without OIDC: azure-native's variable, and the Azure SDK's variables for the same login. */
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
        `${variable} is set, so OIDC is not used, and secrets are not copied. Set ${["AZURE_TENANT_ID", "AZURE_CLIENT_ID", ...also].join(", ")} ` +
          "in the job from the same sources as ARM_*; or unset it to log in by OpenID Connect.",
      );
    }
  }
  const clientId = env.ARM_CLIENT_ID || env.AZURE_CLIENT_ID;
  const tenantId = env.ARM_TENANT_ID || env.AZURE_TENANT_ID;
  if (!clientId || !tenantId) {
    const missing = [...(clientId ? [] : ["ARM_CLIENT_ID"]), ...(tenantId ? [] : ["ARM_TENANT_ID"])];
    throw new SettingsError(`${missing.join(" and ")} not set: set the identity that the job logs in with.`);
  }
  const variables = { AZURE_CLIENT_ID: clientId, AZURE_TENANT_ID: tenantId };
  const github = githubEndpoint(env);
  if (github) {
    return { endpoint: github, variables };
  }
  const devOps = azureDevOpsEndpoint(env);
  if (devOps) {
    // azure-native cannot use this endpoint; as the default credential it reads the file.
    return { endpoint: devOps, variables: { ...variables, ARM_USE_DEFAULT_AZURE_CREDENTIAL: "true" } };
  }
  throw new SettingsError(
    "This job cannot request an OIDC token. On GitHub give it `permissions: id-token: write`, which sets ACTIONS_ID_TOKEN_REQUEST_URL and " +
      "ACTIONS_ID_TOKEN_REQUEST_TOKEN. On Azure DevOps pass SYSTEM_ACCESSTOKEN: $(System.AccessToken), and the service connection's id as one of " +
      `${SERVICE_CONNECTION.join(", ")}.`,
  );
}
