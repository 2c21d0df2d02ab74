import type { AzureAnswer } from "../../components/azure/resourceManager.ts";
import { UserError } from "../../components/errors/userError.ts";
import { bodyOf, listIn, refusal } from "./azureAnswer.ts";
import type { StackFile } from "./stackFile.ts";

/** Source: Microsoft Learn, Resource Manager REST API, Subscriptions - Get and List. */
export const SUBSCRIPTIONS_VERSION = "2022-12-01";

/** A subscription of Azure. */
export interface Subscription {
  id: string;
  /** Its name, where the login may read it. */
  name?: string;
  tenantId?: string;
  /** `Enabled`, `Warned`, `PastDue`, `Disabled` or `Deleted`. */
  state?: string;
}

/**
 * The subscription that azure-native would use: of the configuration, else of ARM_SUBSCRIPTION_ID, else the only one that the login reaches.
 *
 * @throws {UserError} where there is none, or several
 */
export async function chooseSubscription(
  { values }: StackFile,
  ask: (path: string) => Promise<AzureAnswer>,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Subscription> {
  const step = "asking for the subscription";
  const query = `?api-version=${SUBSCRIPTIONS_VERSION}`;
  const id = values["azure-native:subscriptionId"] || env.ARM_SUBSCRIPTION_ID;
  if (id) {
    const answer = await ask(`/subscriptions/${id}${query}`);
    // With a role below the subscription alone, not even its name can be read everywhere.
    if (answer.status === 403) return { id };
    if (answer.status >= 400) throw refusal(step, answer);
    return { ...subscriptionIn(answer.body), id };
  }
  const all = listIn(bodyOf(step, await ask(`/subscriptions${query}`))).map(subscriptionIn);
  const [only] = all;
  if (only && all.length === 1) return only;
  throw new UserError({
    code: "EP-PREFLIGHT-16",
    step,
    expected: "azure-native:subscriptionId in the stack's configuration, or ARM_SUBSCRIPTION_ID",
    found:
      all.length === 0
        ? "neither, and the login reaches no subscription"
        : `neither, and the login reaches ${all.length}: ${all.map(({ name, id }) => `${name} (${id})`).join(", ")}`,
  });
}

function subscriptionIn(body: Record<string, unknown>): Subscription {
  const { subscriptionId, displayName, tenantId, state } = body;
  return { id: String(subscriptionId), name: String(displayName), tenantId: String(tenantId), state: String(state) };
}
