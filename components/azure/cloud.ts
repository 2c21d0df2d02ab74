import { AzureAuthorityHosts } from "@azure/identity";
import { UserError } from "../errors/userError.ts";

/** What differs from one Azure cloud to another. */
export interface Cloud {
  /** Where Microsoft Entra gives tokens. @default the Azure SDK's own: AZURE_AUTHORITY_HOST, else the public cloud's */
  authorityHost?: string;
  /** The resource for which the database takes tokens. */
  database: string;
  /** The resource of Azure Resource Manager, and where it is. */
  resourceManager: string;
}

/**
 * The clouds that azure-native knows. Sources: the names, provider/pkg/azure/cloud/cloud.go of pulumi/pulumi-azure-native; the
 * database's resource, `ossrdbms_resource_id` in azure/cli/core/cloud.py of Azure/azure-cli.
 */
const CLOUDS: { names: readonly string[]; cloud: Cloud & { authorityHost: string } }[] = [
  {
    names: ["public", "azurecloud"],
    cloud: {
      authorityHost: AzureAuthorityHosts.AzurePublicCloud,
      database: "https://ossrdbms-aad.database.windows.net",
      resourceManager: "https://management.azure.com",
    },
  },
  {
    names: ["usgovernment", "usgov", "azureusgovernment", "azureusgovernmentcloud", "usgovernmentl4"],
    cloud: {
      authorityHost: AzureAuthorityHosts.AzureGovernment,
      database: "https://ossrdbms-aad.database.usgovcloudapi.net",
      resourceManager: "https://management.usgovcloudapi.net",
    },
  },
  {
    names: ["china", "azurechinacloud"],
    cloud: {
      authorityHost: AzureAuthorityHosts.AzureChina,
      database: "https://ossrdbms-aad.database.chinacloudapi.cn",
      resourceManager: "https://management.chinacloudapi.cn",
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
  if (!name) {
    const { database, resourceManager } = publicCloud();
    return { database, resourceManager };
  }
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

function publicCloud(): Cloud {
  const [first] = CLOUDS;
  if (!first) throw new Error("there is no cloud");
  return first.cloud;
}
