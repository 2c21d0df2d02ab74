import type { Principal } from "../../sandbox/entra/directory.ts";
import { Imds } from "../../sandbox/entra/imds.ts";
import type { TestServer } from "./testServer.ts";

/**
 * Has this process log in as the server's administrator, by a metadata service that the real Azure SDK asks. The login is one for the whole
 * process.
 * @param others who can log in, too: {@link logInAs}
 * @returns ends it
 */
export async function logInAsAdministrator(
  context: Pick<TestServer, "issuer" | "admin">,
  others: readonly Principal[] = [],
): Promise<() => Promise<void>> {
  const before = { ...process.env };
  const imds = await Imds.start({
    issuer: context.issuer,
    identities: () => [context.admin, ...others].map((principal) => ({ principal, kind: "user" })),
  });
  Object.assign(process.env, {
    AZURE_POD_IDENTITY_AUTHORITY_HOST: imds.url,
    AZURE_CLIENT_ID: context.admin.clientId,
    AZURE_TOKEN_CREDENTIALS: "ManagedIdentityCredential",
    NO_PROXY: "127.0.0.1,localhost",
  });
  for (const name of ["ARM_USE_OIDC", "ARM_CLIENT_SECRET", "ARM_USE_MSI"]) {
    delete process.env[name];
  }
  return async () => {
    process.env = before;
    await imds.close();
  };
}

/** Has this process log in as another of the principals of {@link logInAsAdministrator}. */
export function logInAs({ clientId }: Principal): void {
  process.env.AZURE_CLIENT_ID = clientId;
}
