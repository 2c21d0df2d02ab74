import { DefaultAzureCredential, type TokenCredential } from "@azure/identity";
import { deployerCloud, postgresqlProviderCanLogIn } from "../azure/cloud.ts";
import { databaseToken } from "../azure/credential.ts";
import { sameGuid } from "../azure/objectId.ts";
import { tokenClaims } from "../azure/tokenClaims.ts";
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

/** The two logins, for a test. */
interface Logins {
  /** The program's own, which is azure-native's, too. */
  own?: TokenCredential;
  /** The one that @pulumi/postgresql takes. */
  provider?: TokenCredential;
}

/**
 * Compares the login that @pulumi/postgresql will take with the deployer's, before anything is created. That provider knows
 * `DefaultAzureCredential` only, which does not read ARM_*: it needs AZURE_TENANT_ID, AZURE_CLIENT_ID and so on, or an `az login`.
 * Source: acquireAzureOauthToken in provider.go of cyrilgdn/terraform-provider-postgresql, and its issues 385, 475 and 584.
 *
 * This asks for a token with the Azure SDK for Node.js. The provider's is for Go; both try the same sources in the same order.
 *
 * @throws {UserError} EP-LOGIN-04 when it has no login or another one, with the command that gives it the deployer's
 */
export async function requireProviderLogin(env: NodeJS.ProcessEnv = process.env, logins: Logins = {}): Promise<void> {
  const way = WAYS.find(({ variable, isSet }) => isSet(env[variable] ?? ""));
  if (!way || env.ARM_USE_DEFAULT_AZURE_CREDENTIAL === "true" || !postgresqlProviderCanLogIn()) return;
  const { own, provider = defaultCredential(env) } = logins;
  const deployer = await objectIdOf(own).catch((error) => {
    throw error instanceof Failure ? tokenProblem(error) : error;
  });
  const found = await objectIdOf(provider).catch((error) => {
    if (error instanceof Failure) return error;
    throw error;
  });
  if (typeof found === "string" && sameGuid(found, deployer)) return;
  throw new UserError({
    code: "EP-LOGIN-04",
    step: "looking for the login of @pulumi/postgresql",
    expected: `the deployer's login (object id ${deployer}) by DefaultAzureCredential, which does not read ${way.variable}`,
    found: typeof found === "string" ? `the login of object id ${found}` : `no login: ${found.message}`,
    remedy: way.remedy,
  });
}

function defaultCredential(env: NodeJS.ProcessEnv): TokenCredential {
  const { authorityHost } = deployerCloud(env);
  return new DefaultAzureCredential({
    ...(authorityHost ? { authorityHost } : {}),
    ...(env.ARM_TENANT_ID ? { tenantId: env.ARM_TENANT_ID } : {}),
  });
}

async function objectIdOf(credential: TokenCredential | undefined): Promise<string> {
  return tokenClaims(await databaseToken(undefined, credential)).oid;
}
