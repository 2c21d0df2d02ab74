import { PROFILES } from "entra-postgres";
import { type ConfigObject, type ConfigReader, written } from "./configReader.ts";
import { allowedName, firstFree } from "./freeName.ts";

/** One application: its VM, whose identity logs in, and what that may do where. */
export interface AppSettings {
  /** Names its resources and outputs. */
  name: string;
  vmName: string;
  /** One of the profiles of `DatabaseAccess`. */
  profile: string;
  database: string;
  schema: string;
  /** What becomes of a schema that holds something when the application goes. */
  onDelete: string;
}

/** What an entry of `apps` may say; all but the name and the profile have defaults. */
const KEYS = ["name", "profile", "schema", "database", "vmName", "onDelete"];
const ON_DELETE = ["refuse", "drop", "retain"];

/** What a value may be. */
interface Rule {
  pattern: RegExp;
  /** The same in words. */
  allowed: string;
  example: string;
  /** Its greatest length. @default {@link LONGEST} */
  longest?: number;
}

/** Bytes of a name that PostgreSQL keeps. */
const LONGEST = 63;

/** A VM's name. It is the role's, too, so it is none that PostgreSQL or the service keeps for itself. */
export const VM_NAME: Rule = {
  pattern: /^(?!(public|none|postgres|replication|azuresu)$)[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$/i,
  allowed:
    "2 to 63 letters, digits and hyphens, no hyphen at either end; it is the role's name, too, so not public, none, postgres, replication or azuresu",
  example: "orders-api",
};

/** A database's name. The profiles' roles begin with it, so not with what begins the names of PostgreSQL's or the service's own roles. */
export const DATABASE_NAME: Rule = {
  pattern: /^(?!(postgres|azure_maintenance|azure_sys|template[01])$|(pg|azure)_)[a-z_][a-z0-9_]{0,62}$/,
  allowed: "1 to 63 lower-case letters, digits and _, not a database of the service's own, not pg_... or azure_...",
  example: "app",
};

const RULES: Record<string, Rule> = {
  name: {
    pattern: /^[a-z][a-z0-9-]{0,30}$/,
    allowed: "a lower-case letter, then up to 30 letters, digits and hyphens",
    example: "orders",
    longest: 31,
  },
  schema: {
    pattern: /^(?!(public|information_schema)$|pg_)[a-z_][a-z0-9_]{0,62}$/,
    allowed: "1 to 63 lower-case letters, digits and _; not public, which is the service's, and not pg_...",
    example: "orders",
  },
  database: DATABASE_NAME,
  vmName: VM_NAME,
  profile: { pattern: new RegExp(`^(${PROFILES.join("|")})$`), allowed: PROFILES.join(", "), example: "writer" },
  onDelete: { pattern: new RegExp(`^(${ON_DELETE.join("|")})$`), allowed: ON_DELETE.join(", "), example: "refuse" },
};

/** An application with its entry of the list. */
interface Entry extends AppSettings {
  path: string;
  /** The keys that the entry states; the others follow from defaults. */
  stated: Record<string, unknown>;
}

/**
 * The applications of a stack: the list `apps`, or one application named `app`, with the rights to make its own tables, on the VM of
 * the stack.
 */
export function readApps(config: ConfigReader, stack: { vmName: string; database: string }): AppSettings[] {
  const objects = config.objects("apps", KEYS, "orders");
  if (objects.length === 0) {
    const app = { ...stack, name: "app", profile: "migrator", schema: "app", onDelete: "refuse" };
    if (!config.hasProblem("apps")) requireVmName(config, stack.vmName);
    if (!config.hasProblem("databaseName")) {
      requireShortRoles(config, app, { schema: undefined, database: "databaseName" }, undefined);
    }
    return [app];
  }
  const names = new Set(objects.map(({ value }) => written(value.name) ?? ""));
  const apps = objects.map((object) => readApp(config, object, stack, names));
  refuseSame(config, apps, {
    key: "name",
    allowed: "a name of its own",
    same: "has the same",
    separator: "-",
    of: (app) => app.name,
  });
  refuseSame(config, apps, {
    key: "vmName",
    allowed: "a VM of its own, for its name is the role's name, too",
    same: "has the same",
    separator: "-",
    // Azure takes names that differ in case only for one VM.
    of: (app) => app.vmName.toLowerCase(),
  });
  refuseSame(config, apps, {
    key: "schema",
    allowed: "a schema of its own, for its roles are named <database>_<schema>_<profile>",
    same: "names its roles the same",
    separator: "_",
    // With the underscore in between, app_x and y have the roles of app and x_y.
    of: rolePrefix,
  });
  return apps.map(({ path, stated, ...app }) => app);
}

/** The name that VMs' names begin with unless they are stated; by default it is made of the stack's name, which can have an underscore. */
function requireVmName(config: ConfigReader, vmName: string): void {
  if (!config.hasProblem("vmName") && !VM_NAME.pattern.test(vmName)) {
    config.problem("vmName", undefined, byDefault(VM_NAME, vmName), VM_NAME.example);
  }
}

/** @param names of all applications; one that is proposed is added */
function readApp(
  config: ConfigReader,
  object: ConfigObject,
  stack: { vmName: string; database: string },
  names: Set<string>,
): Entry {
  const { path, value: stated } = object;
  const read = (key: string, fallback: string, ...sources: string[]) => {
    const own = written(stated[key]);
    const value = own ?? fallback;
    const rule = RULES[key];
    // What follows from something that is wrong needs no word of its own.
    const counts = own !== undefined || !sources.some((source) => config.hasProblem(source));
    if (rule && counts && !rule.pattern.test(value)) {
      const defaulted = own === undefined && fallback !== "";
      const allowed = config.unlessSecret(["apps", ...sources], byDefault(rule, value), rule.allowed);
      const example = key === "name" ? config.unlessSecret([path], allowedName(value, names), "orders") : rule.example;
      config.problem(`${path}.${key}`, own, defaulted ? allowed : rule.allowed, example);
    }
    return value;
  };
  const name = read("name", "");
  const nameKey = `${path}.name`;
  if (written(stated.vmName) === undefined && !config.hasProblem(nameKey)) requireVmName(config, stack.vmName);
  const app = {
    name,
    profile: read("profile", ""),
    schema: read("schema", name.replaceAll("-", "_"), nameKey),
    database: read("database", stack.database, "databaseName"),
    vmName: read("vmName", `${stack.vmName}-${name}`, nameKey, "vmName"),
    onDelete: read("onDelete", "refuse"),
    path,
    stated,
  };
  const database = written(stated.database) === undefined ? "databaseName" : `${path}.database`;
  if (![nameKey, `${path}.schema`, database].some((part) => config.hasProblem(part))) {
    requireShortRoles(config, app, { schema: `${path}.schema`, database }, written(stated.schema));
  }
  return app;
}

/** What is allowed, where nothing was written and the default is not. */
function byDefault(rule: Rule, value: string): string {
  return `${rule.allowed}; here the default would be ${value}`;
}

/** What the names of the application's group roles begin with. */
export function rolePrefix({ database, schema }: Pick<AppSettings, "database" | "schema">): string {
  return `${database}_${schema}`;
}

/**
 * PostgreSQL would cut a longer name.
 * @param keys of the two that the names are made of
 * @param schema as it was written
 */
function requireShortRoles(
  config: ConfigReader,
  app: AppSettings,
  keys: { schema: string | undefined; database: string },
  schema: string | undefined,
): void {
  const role = `${rolePrefix(app)}_migrator`;
  const excess = role.length - LONGEST;
  if (excess <= 0) return;
  const secrets = [keys.schema ?? "", keys.database];
  const words = `database and schema that are shorter by ${excess} characters together`;
  const allowed = config.unlessSecret(secrets, `${words}: the roles are named ${role}`, words);
  if (keys.schema !== undefined && app.schema.length > excess) {
    const shorter = config.unlessSecret(secrets, app.schema.slice(0, -excess), "orders");
    config.problem(keys.schema, schema, allowed, shorter);
  } else {
    const shorter = config.unlessSecret(secrets, app.database.slice(0, -excess), DATABASE_NAME.example);
    config.problem(keys.database, app.database, allowed, shorter);
  }
}

/** What applications must not share. */
interface Own {
  key: "name" | "vmName" | "schema";
  allowed: string;
  /** What another one does that shares it. */
  same: string;
  separator: string;
  /** What is compared. */
  of: (app: AppSettings) => string;
}

/** Applications that share what is to be one's own: each but the first. */
function refuseSame(config: ConfigReader, apps: Entry[], own: Own): void {
  const { key, of } = own;
  const isStated = ({ stated }: Entry) => written(stated[key]) !== undefined;
  // What is wrong by itself, or follows from what is, is no second problem.
  const counted = apps.filter(
    (app) => !config.hasProblem(`${app.path}.${key}`) && (isStated(app) || !config.hasProblem(`${app.path}.name`)),
  );
  const taken = new Set(apps.map(of));
  for (const app of counted) {
    const first = counted.find((other) => of(other) === of(app)) ?? app;
    if (first === app) continue;
    const free = anotherName(app, own, taken);
    taken.add(of({ ...app, [key]: free }));
    const path = `${app.path}.${key}`;
    const secrets = [path, "vmName"];
    const byDefault = config.unlessSecret(secrets, `with the default, ${app[key]}, `, "with the default, ");
    config.problem(
      path,
      written(app.stated[key]),
      `${own.allowed}; ${isStated(app) ? "" : byDefault}${first.path} ${own.same}`,
      config.unlessSecret(secrets, free, RULES[key]?.example ?? ""),
    );
  }
}

/** The name with the first number at its end that nobody has. */
function anotherName(app: AppSettings, { key, separator, of }: Own, taken: ReadonlySet<string>): string {
  const longest = key === "schema" ? LONGEST - `${app.database}__migrator`.length : (RULES[key]?.longest ?? LONGEST);
  return firstFree(app[key], { separator, longest }, (name) => !taken.has(of({ ...app, [key]: name })));
}
