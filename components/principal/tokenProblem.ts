import { DATABASE_SCOPE } from "./credential.ts";
import { Explained } from "./explained.ts";
import type { Failure } from "./failure.ts";

/** The explanation of a token that could not be had, or was none. */
export function tokenProblem(failure: Failure, at?: string): Explained {
  return new Explained({
    step: "getting the deployer's token",
    ...(at === undefined ? {} : { at }),
    expected: `a Microsoft Entra token for ${DATABASE_SCOPE}`,
    found: failure.message,
    remedy: /not a JSON web token|a token of \d+ bytes/.test(failure.message)
      ? "look at what answers in place of Microsoft Entra: a proxy, or a metadata service that is none"
      : "log in with `az login`, or set ARM_TENANT_ID, ARM_CLIENT_ID and one of ARM_USE_OIDC, ARM_CLIENT_SECRET",
  });
}
