import { isProfile, PROFILES } from "entra-postgres";
import type { ConfigReader } from "./configReader.ts";

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
}

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

/**
 * The applications of a stack: the list `apps`, or one application named `app`, with the rights to make its own tables, on the VM of
 * the stack.
 */
export function readApps(config: ConfigReader, stack: { vmName: string; database: string }): AppSettings[] {
  const entries = config.objects("apps");
  if (entries.length === 0) {
    const app = { ...stack, name: "app", profile: "migrator", schema: "app", onDelete: "refuse" };
    requireShortRoles(config, "databaseName", app, app.database);
    return [app];
  }
  const apps = entries.map((entry, index) => readApp(config, `apps[${index}]`, entry, stack));
  refuseSame(config, apps, "name", "name", (app) => app.name);
  // Azure takes names that differ in case only for one VM.
  refuseSame(config, apps, "vmName", "VM, whose name is also the role's", (app) => app.vmName.toLowerCase());
  // With the underscore in between, app_x and y have the roles of app and x_y.
  refuseSame(config, apps, "schema", "set of roles, which database and schema name", rolePrefix);
  return apps;
}

function readApp(
  config: ConfigReader,
  path: string,
  entry: Record<string, unknown>,
  stack: { vmName: string; database: string },
): AppSettings {
  for (const key of Object.keys(entry).filter((key) => !KEYS.includes(key))) {
    config.problem(`${path}.${key}`, String(entry[key]), `no such key; there are ${KEYS.join(", ")}`, "");
  }
  const read = (key: string, fallback: string) => {
    const value = String(entry[key] ?? fallback);
    const rule = RULES[key];
    // What follows from a name that is missing needs no word of its own.
    const counts = entry[key] !== undefined || entry.name !== undefined || key === "name" || key === "profile";
    if (rule && counts && !rule.pattern.test(value)) {
      config.problem(`${path}.${key}`, entry[key] === undefined ? "(missing)" : value, rule.allowed, rule.example);
    }
    return value;
  };
  const name = read("name", "");
  const app = {
    name,
    profile: read("profile", ""),
    schema: read("schema", name.replaceAll("-", "_")),
    database: read("database", stack.database),
    vmName: read("vmName", `${stack.vmName}-${name}`),
    onDelete: read("onDelete", "refuse"),
  };
  if (isProfile(app.profile)) requireShortRoles(config, `${path}.schema`, app, app.schema);
  return app;
}

/** What the names of the application's group roles begin with. */
export function rolePrefix({ database, schema }: Pick<AppSettings, "database" | "schema">): string {
  return `${database}_${schema}`;
}

/** PostgreSQL would cut a longer name. */
function requireShortRoles(config: ConfigReader, key: string, app: AppSettings, value: string): void {
  const role = `${rolePrefix(app)}_migrator`;
  if (role.length > 63) {
    const allowed = `database and schema that are shorter by ${role.length - 63} characters together: the roles are named ${role}`;
    config.problem(key, value, allowed, "orders");
  }
}

/** Two applications that share what is to be one's own: both are named. */
function refuseSame(
  config: ConfigReader,
  apps: AppSettings[],
  key: "name" | "vmName" | "schema",
  what: string,
  of: (app: AppSettings) => string,
): void {
  for (const [index, app] of apps.entries()) {
    const first = apps.findIndex((other) => of(other) === of(app));
    if (first !== index) {
      config.problem(
        `apps[${index}].${key}`,
        app[key],
        `a ${what} of its own; apps[${first}] (${apps[first]?.name}) and apps[${index}] (${app.name}) both have this one`,
        RULES[key]?.example ?? "",
      );
    }
  }
}
