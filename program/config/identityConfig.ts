import type { AppSettings, IdentitySettings } from "./app.ts";
import { APP_FIELDS, VM_NAME } from "./appFields.ts";
import type { Configuration, Item } from "./configuration.ts";
import { unlessSecret } from "./problems.ts";
import type { PartsOf } from "./schema.ts";

/** The parts of an application that say whose identity it has. */
type Part = "vmName" | "existingVmId" | "identityId" | "objectId" | "roleName" | "principalType";

/** For each part that decides, the others that fit beside it. The first that an entry states decides. */
const FITTING: readonly (readonly [Part, readonly Part[]])[] = [
  ["objectId", ["roleName", "principalType"]],
  ["existingVmId", ["identityId"]],
  ["identityId", []],
  ["vmName", []],
];
const PARTS: readonly Part[] = ["vmName", "existingVmId", "identityId", "objectId", "roleName", "principalType"];

/** Whose identity an application of `apps` has. */
export function readIdentity(
  config: Configuration,
  item: Item<PartsOf<"apps">>,
  defaultVmName: string,
): IdentitySettings {
  refuseContradiction(config, item);
  const { path, parts, texts } = item;
  if ("objectId" in texts) {
    if (!("roleName" in texts)) reportMissingRoleName(config, path);
    const { objectId = "", roleName = "", principalType: type = "service" } = parts;
    return { roleName, principal: { objectId, type } };
  }
  const { existingVmId, identityId } = parts;
  if ("existingVmId" in texts || "identityId" in texts) {
    return {
      roleName: nameIn(identityId ?? existingVmId ?? ""),
      ...(existingVmId === undefined ? {} : { existingVmId }),
      ...(identityId === undefined ? {} : { identityId }),
    };
  }
  const vmName = parts.vmName ?? defaultVmName;
  return { roleName: vmName, vmName };
}

/** The part that decides an application's role name. */
export function identityPart({ principal, identityId, existingVmId }: Partial<AppSettings>): Part {
  return principal ? "roleName" : identityId ? "identityId" : existingVmId ? "existingVmId" : "vmName";
}

/** Whether an entry of `apps` gets a VM of its own. */
export function hasNewVm(texts: Readonly<Record<string, string>>): boolean {
  return !["objectId", "existingVmId", "identityId"].some((part) => part in texts);
}

function refuseContradiction(config: Configuration, { path, texts }: Item<PartsOf<"apps">>): void {
  const [decides, fitting] = FITTING.find(([part]) => part in texts) ?? ["vmName", []];
  const unfit = PARTS.filter((part) => part in texts && part !== decides && !fitting.includes(part));
  for (const part of unfit) {
    const key = `${path}.${part}`;
    const allowed =
      decides in texts ? `not beside ${decides}, which says whose identity it is` : "only beside objectId";
    config.problems.add({ code: "EP-CONFIG-04", key, value: texts[part], allowed, repair: { remove: key } });
  }
}

function reportMissingRoleName(config: Configuration, path: string): void {
  const { allowed, example } = APP_FIELDS.roleName;
  config.problems.add({ code: "EP-CONFIG-02", key: `${path}.roleName`, allowed, repair: example });
}

/** The last part of an ARM id. */
function nameIn(id: string): string {
  return id.slice(id.lastIndexOf("/") + 1);
}

/** A role's name is that of its VM or identity, and an administrator has that role. */
export function refuseAdministratorName(
  config: Configuration,
  app: AppSettings & { path: string; texts: Readonly<Record<string, string>> },
  administrators: readonly string[],
): void {
  const part = identityPart(app);
  const key = app.path.startsWith("apps") ? `${app.path}.${part}` : "vmName";
  if (!administrators.includes(app.roleName) || config.problems.has(key)) return;
  const allowed = "another name than an administrator's, whose role it would be";
  const repair = part === "vmName" ? `${app.roleName}-vm` : APP_FIELDS[part].example;
  const shown = unlessSecret([key, "vmName"], String(repair), VM_NAME.example);
  config.problems.add({ code: "EP-CONFIG-05", key, value: app.texts[part], allowed, repair: shown });
}
