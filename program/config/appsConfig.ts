import { type AppEntry, type AppSettings, rolePrefix } from "./app.ts";
import { APP_FIELDS, LONGEST_NAME, VM_NAME } from "./appFields.ts";
import { refuseSharedNames } from "./appNames.ts";
import type { Configuration, ExampleOf, Item } from "./configuration.ts";
import { unlessSecret } from "./problems.ts";
import { proposedAppName } from "./proposedName.ts";
import type { PartsOf } from "./schema.ts";

/** Defaults that the applications share. */
interface StackNames {
  vmName: string;
  database: string;
}

/** The applications of a stack: the list `apps`, or one migrator named `app` on the stack's VM. */
export function readApps(config: Configuration, stack: StackNames): AppSettings[] {
  let names: Set<string> | undefined;
  const propose: ExampleOf = ({ path, part, text, items }) => {
    if (part !== "name") return undefined;
    names ??= new Set(items.map(({ texts }) => texts.name ?? ""));
    return unlessSecret([path], proposedAppName(text, names), "orders");
  };
  const items = config.objects("apps", propose);
  if (items.length === 0) return [readOnlyApp(config, stack)];
  const apps = items.map((item) => {
    if (!("name" in item.texts)) {
      const repair = propose({ path: item.path, part: "name", text: "", items }) ?? "";
      reportMissing(config, `${item.path}.name`, APP_FIELDS.name.allowed, repair);
    }
    return readApp(config, item, stack);
  });
  refuseSharedNames(config, apps);
  return apps.map(({ path, texts, ...app }) => app);
}

function readOnlyApp(config: Configuration, stack: StackNames): AppSettings {
  const app = { ...stack, name: "app", profile: "migrator", schema: "app", onDelete: "refuse" } as const;
  if (!config.problems.has("apps")) requireVmName(config, stack.vmName);
  requireShortRoles(config, app, { database: "databaseName" });
  return app;
}

/** The name that VMs' names begin with by default. It is made of the stack's name, which can have an underscore. */
function requireVmName(config: Configuration, vmName: string): void {
  if (config.problems.has("vmName") || VM_NAME.type.safeParse(vmName).success) return;
  reportMissing(config, "vmName", `${VM_NAME.allowed}; here the default would be ${vmName}`, VM_NAME.example);
}

function readApp(config: Configuration, { path, parts, texts }: Item<PartsOf<"apps">>, stack: StackNames): AppEntry {
  const nameKey = `${path}.name`;
  if (!("profile" in texts)) {
    reportMissing(config, `${path}.profile`, APP_FIELDS.profile.allowed, "writer");
  }
  if (!("vmName" in texts) && !config.problems.has(nameKey)) requireVmName(config, stack.vmName);
  /** The default, which is checked unless the part is stated or a key that the default is made of has a problem. */
  const byDefault = (part: "schema" | "vmName", value: string, ...sources: string[]) => {
    const { type, allowed, example } = APP_FIELDS[part];
    const isFollowUp = part in texts || sources.some((source) => config.problems.has(source));
    if (!isFollowUp && !type.safeParse(value).success) {
      const words = `${allowed}; here the default would be ${value}`;
      reportMissing(config, `${path}.${part}`, unlessSecret(["apps", ...sources], words, allowed), example);
    }
    return value;
  };
  const name = parts.name ?? "";
  const app: AppEntry = {
    name,
    profile: parts.profile ?? "reader",
    schema: parts.schema ?? byDefault("schema", name.replaceAll("-", "_"), nameKey),
    database: parts.database ?? stack.database,
    vmName: parts.vmName ?? byDefault("vmName", `${stack.vmName}-${name}`, nameKey, "vmName"),
    onDelete: parts.onDelete ?? "refuse",
    path,
    texts,
  };
  const database = "database" in texts ? `${path}.database` : "databaseName";
  const schema = `${path}.schema`;
  if (![nameKey, schema, database].some((key) => config.problems.has(key))) {
    requireShortRoles(config, app, { schema, database }, texts.schema);
  }
  return app;
}

function reportMissing(config: Configuration, key: string, allowed: string, repair: string): void {
  config.problems.add({ code: "EP-CONFIG-02", key, allowed, repair });
}

/**
 * PostgreSQL cuts longer names.
 * @param keys of the two parts of the names; without the schema's it cannot change
 * @param stated the schema as it was written
 */
function requireShortRoles(
  config: Configuration,
  app: AppSettings,
  keys: { schema?: string; database: string },
  stated?: string,
): void {
  const role = `${rolePrefix(app)}_migrator`;
  const excess = role.length - LONGEST_NAME;
  if (excess <= 0) return;
  const secrets = Object.values(keys);
  const words = `database and schema that are shorter by ${excess} characters together`;
  const allowed = unlessSecret(secrets, `${words}: the roles are named ${role}`, words);
  const [key, value, other, example] =
    keys.schema !== undefined && app.schema.length > excess
      ? [keys.schema, stated, app.schema, APP_FIELDS.schema.example]
      : [keys.database, app.database, app.database, APP_FIELDS.database.example];
  const repair = unlessSecret(secrets, other.slice(0, -excess), example);
  config.problems.add({ code: "EP-CONFIG-04", key, value, allowed, repair });
}
