import type { AppSettings, Entry, SchemaSettings } from "./app.ts";
import { APP_FIELDS, VM_NAME } from "./appFields.ts";
import type { Configuration, ExampleOf, Item } from "./configuration.ts";
import { hasNewVm, readIdentity, refuseAdministratorName } from "./identityConfig.ts";
import { unlessSecret } from "./problems.ts";
import { proposedAppName } from "./proposedName.ts";
import type { PartsOf } from "./schema.ts";
import { readSchemas } from "./schemasConfig.ts";
import { refuseSharedNames } from "./sharedNames.ts";

/** Defaults that the applications share. */
interface StackNames {
  vmName: string;
  database: string;
  /** Roles of the administrators. */
  administrators: string[];
}

/** The applications of a stack, the list `apps` or one migrator named `app` on the stack's VM, and their schemas. */
export function readApps(config: Configuration, stack: StackNames): { apps: AppSettings[]; schemas: SchemaSettings[] } {
  let names: Set<string> | undefined;
  const propose: ExampleOf = ({ path, part, text, items }) => {
    if (part !== "name") return undefined;
    names ??= new Set(items.map(({ texts }) => texts.name ?? ""));
    return unlessSecret([path], proposedAppName(text, names), "orders");
  };
  const items = config.objects("apps", propose);
  const apps = items.map((item) => {
    if (!("name" in item.texts)) {
      const repair = propose({ path: item.path, part: "name", text: "", items }) ?? "";
      reportMissing(config, `${item.path}.name`, APP_FIELDS.name.allowed, repair);
    }
    return readApp(config, item, stack);
  });
  if (apps.length === 0) apps.push(onlyApp(config, stack));
  const schemas = readSchemas(config, apps, stack.database);
  refuseSharedNames(config, apps, schemas);
  for (const app of apps) refuseAdministratorName(config, app, stack.administrators);
  return {
    apps: apps.map(({ path, texts, ...app }) => app),
    schemas: schemas.map(({ path, texts, ...schema }) => schema),
  };
}

function onlyApp(config: Configuration, { vmName }: StackNames): Entry<AppSettings> {
  if (!config.problems.has("apps")) requireVmName(config, vmName);
  return { name: "app", profile: "migrator", schema: "app", roleName: vmName, vmName, path: "databaseName", texts: {} };
}

/** The name that VMs' names begin with by default. It is made of the stack's name, which can have an underscore. */
function requireVmName(config: Configuration, vmName: string): void {
  if (config.problems.has("vmName") || VM_NAME.type.safeParse(vmName).success) return;
  reportMissing(config, "vmName", `${VM_NAME.allowed}; here the default would be ${vmName}`, VM_NAME.example);
}

/** The default name of an application's VM is made of two other names. */
function requireDefaultVmName(config: Configuration, path: string, vmName: string, stack: StackNames): void {
  const nameKey = `${path}.name`;
  if (!config.problems.has(nameKey)) requireVmName(config, stack.vmName);
  const isFollowUp = [nameKey, "vmName"].some((source) => config.problems.has(source));
  if (isFollowUp || VM_NAME.type.safeParse(vmName).success) return;
  const words = `${VM_NAME.allowed}; here the default would be ${vmName}`;
  reportMissing(config, `${path}.vmName`, unlessSecret(["apps", "vmName"], words, VM_NAME.allowed), VM_NAME.example);
}

function readApp(config: Configuration, item: Item<PartsOf<"apps">>, stack: StackNames): Entry<AppSettings> {
  const { path, parts, texts } = item;
  if (!("profile" in texts)) {
    reportMissing(config, `${path}.profile`, APP_FIELDS.profile.allowed, "writer");
  }
  const { name = "", formerName } = parts;
  const vmName = `${stack.vmName}-${name}`;
  if (hasNewVm(texts) && !("vmName" in texts)) requireDefaultVmName(config, path, vmName, stack);
  return {
    name,
    profile: parts.profile ?? "reader",
    schema: parts.schema ?? name,
    ...readIdentity(config, item, vmName),
    ...(formerName === undefined ? {} : { formerName }),
    path,
    texts,
  };
}

function reportMissing(config: Configuration, key: string, allowed: string, repair: string): void {
  config.problems.add({ code: "EP-CONFIG-02", key, allowed, repair });
}
