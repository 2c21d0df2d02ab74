import { postgresqlProviderCanLogIn } from "../../../components/azure/cloud.ts";
import { requirePlainEnvironment } from "../../../components/privateDatabase/providerEnvironment.ts";
import { requireProviderLogin } from "../../../components/privateDatabase/providerLogin.ts";
import type { Context } from "../context.ts";

/** The provider of @pulumi/postgresql finds the same login as azure-native, and no variable that changes how it connects. */
export async function checkDatabaseLogin(context: Context): Promise<string> {
  const { certificateAuthority } = context.settings;
  requirePlainEnvironment({ caCertFile: certificateAuthority?.file });
  await context.claims;
  if (!postgresqlProviderCanLogIn()) return "not used in this cloud";
  await requireProviderLogin();
  return "the same";
}
