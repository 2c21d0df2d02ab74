import { DefaultAzureCredential, type TokenCredential } from "@azure/identity";
import { deployerCloud, postgresqlProviderCanLogIn } from "../azure/cloud.ts";
import { databaseToken } from "../azure/credential.ts";
import { sameGuid } from "../azure/objectId.ts";
import { type TokenClaims, tokenClaims } from "../azure/tokenClaims.ts";
import { tokenProblem } from "../azure/tokenProblem.ts";
import { UserError } from "../errors/userError.ts";
import { Failure } from "../postgres/failure.ts";

const APPLICATION = 'export AZURE_TENANT_ID="$ARM_TENANT_ID" AZURE_CLIENT_ID="$ARM_CLIENT_ID"';

/** The variables that choose a login of azure-native's own, in its order, each with what gives @pulumi/postgresql the same one. */
const WAYS: readonly { variable: string; isSet: (value: string) => boolean; remedy: string }[] = [
  {
    variable: "ARM_CLIENT_CERTIFICATE_PATH",
    isSet: (value) => value !== "",
    remedy: `${APPLICATION} AZURE_CLIENT_CERTIFICATE_PATH="$ARM_CLIENT_CERTIFICATE_PATH"`,
  },
  {
    variable: "ARM_CLIENT_SECRET",
    isSet: (value) => value !== "",
    remedy: `${APPLICATION} AZURE_CLIENT_SECRET="$ARM_CLIENT_SECRET"`,
  },
  {
    variable: "ARM_USE_OIDC",
    isSet: (value) => value === "true",
    remedy: "node delivery/federatedToken/main.ts -- pulumi up",
  },
  { variable: "ARM_USE_MSI", isSet: (value) => value === "true", remedy: 'export AZURE_CLIENT_ID="$ARM_CLIENT_ID"' },
];

/**
 * Compares the login that @pulumi/postgresql will take with the deployer's, before anything is created. That provider knows
 * `DefaultAzureCredential` only, which does not read ARM_*: it needs AZURE_TENANT_ID, AZURE_CLIENT_ID and so on, or an `az login`.
 * Source: acquireAzureOauthToken in provider.go of cyrilgdn/terraform-provider-postgresql, and its issues 385, 475 and 584.
 *
 * The deployer's login is known by ARM_CLIENT_ID. This asks for a token with the Azure SDK for Node.js. The provider's SDK is for Go; both try
 * the same sources in the same order.
 *
 * @param credential stands for the provider's, in a test
 * @throws {UserError} EP-AZ-05 and others for a token service that explains its refusal; EP-LOGIN-04 when it has no login or another one, with the command that gives it the deployer's
 */
export async function requireProviderLogin(
  env: NodeJS.ProcessEnv = process.env,
  credential?: TokenCredential,
): Promise<void> {
  const way = WAYS.find(({ variable, isSet }) => isSet(env[variable] ?? ""));
  if (!way || env.ARM_USE_DEFAULT_AZURE_CREDENTIAL === "true" || !postgresqlProviderCanLogIn()) return;
  const found = await loginOf(credential ?? defaultCredential(env));
  if (found instanceof Failure && found.errorCode) throw tokenProblem(found);
  const { ARM_CLIENT_ID: clientId } = env;
  if (!(found instanceof Failure) && (!clientId || sameGuid(found.appid ?? found.azp ?? "", clientId))) return;
  throw new UserError({
    code: "EP-LOGIN-04",
    step: "looking for the login of @pulumi/postgresql",
    expected: `the deployer's login${clientId ? ` (client id ${clientId})` : ""} by DefaultAzureCredential, which does not read ${way.variable}`,
    found:
      found instanceof Failure ? `no login: ${found.message}` : `the login of ${found.appid ?? found.upn ?? found.oid}`,
    remedy: way.remedy,
  });
}

async function loginOf(credential: TokenCredential): Promise<TokenClaims | Failure> {
  try {
    return tokenClaims(await databaseToken(undefined, credential));
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

function defaultCredential(env: NodeJS.ProcessEnv): TokenCredential {
  const { authorityHost } = deployerCloud(env);
  return new DefaultAzureCredential({
    ...(authorityHost ? { authorityHost } : {}),
    ...(env.ARM_TENANT_ID ? { tenantId: env.ARM_TENANT_ID } : {}),
  });
}
