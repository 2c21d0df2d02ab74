import { AzureAuthorityHosts } from "@azure/identity";
import { UserError } from "../errors/userError.ts";

/** What differs from one Azure cloud to another. */
export interface Cloud {
  /** Where Microsoft Entra gives tokens. @default the Azure SDK's own: AZURE_AUTHORITY_HOST, else the public cloud's */
  authorityHost?: string;
  /** The resource for which the database takes tokens, the audience of these tokens. */
  database: string;
  /** The private DNS zone in which a flexible server's private address is found. */
  privateZone: string;
  /** The resource of Azure Resource Manager, and where it is. */
  resourceManager: string;
  /** The resource of Microsoft Graph, which knows the directory, and where it is. */
  graph: string;
}

/**
 * The clouds that azure-native knows. Everything else that depends on the cloud is read from here. Sources: the names,
 * provider/pkg/azure/cloud/cloud.go of pulumi/pulumi-azure-native; the database's resource, `ossrdbms_resource_id` in azure/cli/core/cloud.py
 * of Azure/azure-cli; the zones, Microsoft Learn, "Azure Private Endpoint private DNS zone values";
 * Microsoft Graph, Microsoft Learn, "Microsoft Graph national cloud deployments".
 */
const CLOUDS: { names: readonly string[]; cloud: Cloud & { authorityHost: string } }[] = [
  {
    names: ["public", "azurecloud"],
    cloud: {
      authorityHost: AzureAuthorityHosts.AzurePublicCloud,
      database: "https://ossrdbms-aad.database.windows.net",
      privateZone: "privatelink.postgres.database.azure.com",
      resourceManager: "https://management.azure.com",
      graph: "https://graph.microsoft.com",
    },
  },
  {
    names: ["usgovernment", "usgov", "azureusgovernment", "azureusgovernmentcloud", "usgovernmentl4"],
    cloud: {
      authorityHost: AzureAuthorityHosts.AzureGovernment,
      database: "https://ossrdbms-aad.database.usgovcloudapi.net",
      privateZone: "privatelink.postgres.database.usgovcloudapi.net",
      resourceManager: "https://management.usgovcloudapi.net",
      graph: "https://graph.microsoft.us",
    },
  },
  {
    names: ["china", "azurechinacloud"],
    cloud: {
      authorityHost: AzureAuthorityHosts.AzureChina,
      database: "https://ossrdbms-aad.database.chinacloudapi.cn",
      privateZone: "privatelink.postgres.database.chinacloudapi.cn",
      resourceManager: "https://management.chinacloudapi.cn",
      graph: "https://microsoftgraph.chinacloudapi.cn",
    },
  },
];

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
