import { UserError } from "../../../components/errors/userError.ts";
import { NotAskable } from "../answer.ts";
import { type Json, listIn, objectIn, textsIn } from "../azureAnswer.ts";
import { regionsOf } from "../capability.ts";
import type { Context } from "../context.ts";
import { missingMachines } from "../stackResources.ts";

/** Source: Microsoft Learn, Compute REST API, Resource Skus - List. Its only filter is the location. */
const SKUS_VERSION = "2021-07-01";
/** Source: azure-rest-api-specs, specification/compute, ComputeRP/stable/2024-07-01, Usage_List. */
const USAGES_VERSION = "2024-07-01";

const NONE = "no VM is created";

/** The region offers the VMs' size to the subscription, with trusted launch. */
export async function checkMachineSize(context: Context): Promise<string> {
  const { location, vm } = context.settings;
  if ((await missingMachines(context)).length === 0) return NONE;
  const size = await sizeOf(context);
  const [restriction] = listIn(size ?? {}, "restrictions").filter(({ type }) => type === "Location");
  const found = !size
    ? `${location} has no such size`
    : restriction
      ? `Azure answers ${restriction.reasonCode}`
      : capability(size, "TrustedLaunchDisabled") === "True"
        ? "it has no trusted launch"
        : undefined;
  if (found === undefined) return vm.vmSize;
  throw new UserError({
    code: "EP-PREFLIGHT-08",
    step: "asking for the VM sizes",
    expected: `${vm.vmSize} in ${location}, for this subscription`,
    found,
    remedy: `set vmSize to one of \`az vm list-skus --location ${location} --resource-type virtualMachines --output table\``,
  });
}

/** The subscription's quota has room for the VMs' cores, in all and in the size's family. */
export async function checkMachineQuota(context: Context): Promise<string> {
  const { location, vm } = context.settings;
  const { length: count } = await missingMachines(context);
  if (count === 0) return NONE;
  const size = await sizeOf(context);
  const cores = Number(capability(size ?? {}, "vCPUs"));
  if (!size || !cores) throw new NotAskable("Azure does not say how many cores the size has");
  const path = `/providers/Microsoft.Compute/locations/${location}/usages?api-version=${USAGES_VERSION}`;
  const usages = listIn(await context.read("asking for the quota", path)).map((usage) => ({
    name: String(objectIn(usage, "name").value),
    free: Number(usage.limit) - Number(usage.currentValue),
  }));
  const needed = cores * count;
  const families = ["cores", String(size.family)];
  const counted = usages.filter(({ name }) => families.some((each) => each.toLowerCase() === name.toLowerCase()));
  const [short] = counted.filter(({ free }) => free < needed);
  if (short) {
    throw new UserError({
      code: "EP-PREFLIGHT-09",
      step: "asking for the quota",
      expected: `${needed} free cores in ${location} for ${count} new ${vm.vmSize}`,
      found: `${short.free} of ${short.name}`,
    });
  }
  if (counted.length === 0) throw new NotAskable("Azure names no quota for this size");
  return `${needed} cores, of ${Math.min(...counted.map(({ free }) => free))} that are free`;
}

async function sizeOf(context: Context): Promise<Json | undefined> {
  const { location, vm } = context.settings;
  if (!(await regionsOf(context)).includes(location)) throw new NotAskable("the subscription has no such region");
  const filter = encodeURIComponent(`location eq '${location}'`);
  const path = `/providers/Microsoft.Compute/skus?api-version=${SKUS_VERSION}&$filter=${filter}`;
  const sizes = listIn(await context.read("asking for the VM sizes", path));
  return sizes.find(
    (size) =>
      size.resourceType === "virtualMachines" &&
      String(size.name).toLowerCase() === vm.vmSize.toLowerCase() &&
      // A server that ignores the filter lists other regions, too.
      textsIn(size, "locations").some((each) => each.toLowerCase() === location),
  );
}

function capability(size: Json, name: string): unknown {
  return listIn(size, "capabilities").find((each) => each.name === name)?.value;
}
