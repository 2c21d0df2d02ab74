import { UserError } from "../../../components/errors/userError.ts";
import type { Settings } from "../../config/settings.ts";
import { NotAskable } from "../answer.ts";
import type { Context } from "../context.ts";

/** Source: azure-rest-api-specs, specification/resources, Providers_Get. */
const PROVIDERS_VERSION = "2021-04-01";

/** Namespaces of the resources that the program creates. */
function namespacesOf({ logRetentionDays, vm }: Settings): string[] {
  return [
    "Microsoft.DBforPostgreSQL",
    "Microsoft.Compute",
    "Microsoft.Network",
    ...(vm.identityType === "UserAssigned" ? ["Microsoft.ManagedIdentity"] : []),
    ...(logRetentionDays === undefined ? [] : ["Microsoft.OperationalInsights", "Microsoft.Insights"]),
  ];
}

/** Every resource provider is registered in the subscription. Reading that registers none. */
export async function checkProviders(context: Context): Promise<string> {
  const namespaces = namespacesOf(context.settings);
  const step = "asking for the resource providers";
  const states = await Promise.all(
    namespaces.map(async (namespace) => {
      const path = `/providers/${namespace}?api-version=${PROVIDERS_VERSION}`;
      const { registrationState } = await context.read(step, path);
      return [namespace, String(registrationState)] as const;
    }),
  );
  const missing = states.filter(([, state]) => state !== "Registered");
  const underWay = missing.filter(([, state]) => state === "Registering");
  if (missing.length > 0 && missing.length === underWay.length) {
    throw new NotAskable(`${missing.map(([namespace]) => namespace).join(", ")}: registration is under way`);
  }
  if (missing.length > 0) {
    const commands = missing.map(([namespace]) => `az provider register --wait --namespace ${namespace}`);
    throw new UserError({
      code: "EP-PREFLIGHT-01",
      step,
      expected: `registered: ${namespaces.join(", ")}`,
      found: missing.map(([namespace, state]) => `${namespace} is ${state}`).join(", "),
      remedy: commands.join(" && "),
    });
  }
  return namespaces.join(", ");
}
