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

const RULES: Record<string, { pattern: RegExp; allowed: string; example: string }> = {
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
  database: {
    pattern: /^(?!(postgres|azure_maintenance|azure_sys|template[01])$)[a-z_][a-z0-9_]{0,62}$/,
    allowed: "1 to 63 lower-case letters, digits and _, not a database of the service's own",
    example: "app",
  },
  vmName: {
    pattern: /^[A-Za-z0-9][A-Za-z0-9-]{0,61}[A-Za-z0-9]$/,
    allowed: "2 to 63 letters, digits and hyphens, no hyphen at either end",
    example: "orders-api",
  },
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
    const { vmName, database } = stack;
    return [{ name: "app", vmName, profile: "migrator", database, schema: "app", onDelete: "refuse" }];
  }
  const apps = entries.map((entry, index) => readApp(config, `apps[${index}]`, entry, stack));
  refuseSame(config, apps, "name", (app) => app.name);
  refuseSame(config, apps, "vmName", (app) => app.vmName);
  refuseSame(config, apps, "schema", (app) => `${app.database}.${app.schema}`);
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
  const role = `${app.database}_${app.schema}_migrator`;
  if (isProfile(app.profile) && role.length > 63) {
    config.problem(
      `${path}.schema`,
      app.schema,
      `with database ${app.database} at most ${app.schema.length - role.length + 63} characters: the roles are named ${role}`,
      "orders",
    );
  }
  return app;
}

/** Two applications that share what is to be one's own: both are named. */
function refuseSame(config: ConfigReader, apps: AppSettings[], key: string, of: (app: AppSettings) => string): void {
  for (const [index, app] of apps.entries()) {
    const first = apps.findIndex((other) => of(other) === of(app));
    if (first !== index) {
      const what = key === "vmName" ? "VM, whose name is also the role's" : key;
      config.problem(
        `apps[${index}].${key}`,
        of(app),
        `a ${what} of its own; apps[${first}] (${apps[first]?.name}) and apps[${index}] (${app.name}) both have this one`,
        RULES[key]?.example ?? "",
      );
    }
  }
}
