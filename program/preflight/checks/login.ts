import { deployerCloud, requireSameCloud } from "../../../components/azure/cloud.ts";
import { sameGuid } from "../../../components/azure/objectId.ts";
import { UserError } from "../../../components/errors/userError.ts";
import { administratorOf } from "../../../components/postgres/administrator.ts";
import { NotAskable } from "../answer.ts";
import type { Context } from "../context.ts";

/** The login that azure-native uses gets a token, and who it is. */
export async function checkLogin({ login }: Context): Promise<string> {
  const claims = await login().catch((error) => {
    if (error instanceof UserError && error.code === "EP-AZ-08") throw new NotAskable("it needs a cloud");
    throw error;
  });
  const { name, type } = administratorOf(claims);
  return `${name} (${type}, object id ${claims.oid})`;
}

/** Everything that depends on the cloud follows ARM_ENVIRONMENT, which azure-native's own key must not contradict. */
export async function checkCloud({ file }: Context): Promise<string> {
  requireSameCloud(file.values["azure-native:environment"]);
  return new URL(deployerCloud().resourceManager).host;
}

/** The token's tenant is the configured one, and the subscription's. A token of another tenant is refused by Azure. */
export async function checkTenant({ claims, file, subscription }: Context): Promise<string> {
  const { tid } = await claims;
  const configured = file.values["azure-native:tenantId"] || process.env.ARM_TENANT_ID;
  if (configured && !sameGuid(configured, tid)) throw otherTenant(configured, tid);
  const { tenantId } = await subscription().catch((error) => {
    // The row of the subscription reports everything else.
    if (error instanceof UserError && error.code === "EP-AZ-19") throw error;
    return { tenantId: undefined };
  });
  if (tenantId && !sameGuid(tenantId, tid)) throw otherTenant(tenantId, tid);
  if (!configured && !tenantId)
    throw new NotAskable(`the login is of tenant ${tid}; nothing says which one it should be`);
  return tid;
}

function otherTenant(expected: string, found: string): UserError {
  return new UserError({
    code: "EP-AZ-19",
    step: "comparing the login's tenant",
    expected: `a login of tenant ${expected}`,
    found: `one of tenant ${found}`,
    remedy: `az login --tenant ${expected}; in a job set ARM_TENANT_ID`,
  });
}

/** The subscription exists, the login reaches it, and it takes new resources. */
export async function checkSubscription({ claims, subscription }: Context): Promise<string> {
  await claims;
  const { id, name, state } = await subscription().catch((error) => {
    if (error instanceof UserError && error.code === "EP-AZ-19") throw new NotAskable("it needs a login of its tenant");
    throw error;
  });
  if (state === undefined) throw new NotAskable(`${id}: this login may not read it`);
  // Source: Microsoft Learn, "Azure subscription states": the other two, PastDue and Warned, are on their way to Disabled.
  if (state !== "Enabled") {
    const expected = "a subscription in the state Enabled";
    throw new UserError({
      code: "EP-PREFLIGHT-17",
      step: "asking for the subscription",
      expected,
      found: `${name} is ${state}`,
    });
  }
  return `${name} (${id})`;
}
