import { RESOURCE_PROVIDERS } from "../needs.ts";
import { armId } from "../settings.ts";
import { type Context, resourceStep, type Step } from "../step.ts";

/** Registered once for the subscription: the identities have rights on a group only, and may not do it. */
export function resourceProviders({ az }: Context): Step {
  return {
    title: "resource providers",
    fine: "registered",
    look: async () => {
      const query = "[?registrationState=='Registered'].namespace";
      const registered = (await az.run<string[]>(["provider", "list", "--query", query])).map((name) =>
        name.toLowerCase(),
      );
      const missing = RESOURCE_PROVIDERS.filter((name) => !registered.includes(name.toLowerCase()));
      return {
        changes: missing.map((namespace) => ({
          what: `${namespace} to be registered`,
          command: ["provider", "register", "--namespace", namespace, "--wait"],
        })),
      };
    },
  };
}

/** A resource group. One that is there is taken as it is, wherever it lies. */
export function resourceGroup(context: Context, name: string, purpose: string): Step {
  const { settings } = context;
  return resourceStep<{ location: string }>(context, {
    title: `resource group ${name}, ${purpose}`,
    id: armId(settings, name),
    show: ["group", "show", "--name", name],
    create: ["group", "create", "--name", name, "--location", settings.location],
    differences: ({ location }) => ({ changes: [], remarks: elsewhere(location, settings.location) }),
  });
}

/** A remark on a resource in another region than is asked for; it cannot be moved. */
export function elsewhere(found: string, wanted: string): string[] {
  return found.replaceAll(" ", "").toLowerCase() === wanted
    ? []
    : [`it is in ${found}, not in ${wanted}, and stays there`];
}
