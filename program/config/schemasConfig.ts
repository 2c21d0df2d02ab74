import { grantProblems } from "entra-postgres/grants";
import { didYouMean } from "entra-postgres/suggestions";
import { type AppSettings, type Entry, rolePrefix, type SchemaSettings } from "./app.ts";
import { LONGEST_NAME, SCHEMA_FIELDS } from "./appFields.ts";
import type { Configuration } from "./configuration.ts";
import { unlessSecret } from "./problems.ts";

/** The schemas of a stack: the list `schemas`, and one for each application that names no other. */
export function readSchemas(
  config: Configuration,
  apps: readonly Entry<AppSettings>[],
  database: string,
): Entry<SchemaSettings>[] {
  const listed = readListed(config, database);
  const own = apps
    .filter((app) => app.schema === app.name && !listed.some(({ name }) => name === app.name))
    .map((app) => defaultSchema(app, database));
  const schemas = [...listed, ...own];
  for (const app of apps) requireSchema(config, app, schemas);
  for (const schema of own) requireDefaultName(config, schema);
  for (const schema of schemas) requireShortRoles(config, schema);
  return schemas;
}

/** The schema of an application that names none. */
export function defaultSchema(
  { name, path, texts }: Pick<Entry<AppSettings>, "name" | "path" | "texts">,
  database: string,
): Entry<SchemaSettings> {
  return { ...DEFAULTS, name, schema: name.replaceAll("-", "_"), database, path, texts };
}

const DEFAULTS: Pick<SchemaSettings, "onDelete" | "extensions" | "createSchemas" | "grants"> = {
  onDelete: "refuse",
  extensions: [],
  createSchemas: false,
  grants: [],
};

function readListed(config: Configuration, database: string): Entry<SchemaSettings>[] {
  return config.objects("schemas").map(({ path, parts, texts }) => {
    if (!("name" in texts)) {
      const { allowed, example } = SCHEMA_FIELDS.name;
      config.problems.add({ code: "EP-CONFIG-02", key: `${path}.name`, allowed, repair: example });
    }
    const { name = "" } = parts;
    const schema = { ...defaultSchema({ name, path, texts }, database), ...parts };
    for (const [index, grant] of schema.grants.entries()) refuseGrant(config, schema, index, grant);
    return schema;
  });
}

function refuseGrant(
  config: Configuration,
  schema: Entry<SchemaSettings>,
  index: number,
  grant: SchemaSettings["grants"][number],
): void {
  const prefix = `${rolePrefix(schema)}_`;
  const own = String(grant.role).startsWith(prefix)
    ? [`names the role ${grant.role} of a profile, whose rights are fixed; grant to another role`]
    : [];
  const key = `${schema.path}.grants[${index}]`;
  for (const reason of [...own, ...grantProblems(grant)]) {
    config.problems.add({
      code: "EP-CONFIG-01",
      key,
      value: JSON.stringify(grant),
      allowed: `a grant; this one ${reason}`,
      repair: { remove: key },
    });
  }
}

/** An application's schema exists. */
function requireSchema(config: Configuration, app: Entry<AppSettings>, schemas: readonly SchemaSettings[]): void {
  const key = `${app.path}.schema`;
  const names = schemas.map(({ name }) => name).filter((name) => name !== "");
  if (names.includes(app.schema) || app.name === "" || config.problems.has(key)) return;
  const allowed = `the name of a schema: ${names.join(", ")}${didYouMean(app.schema, names)}`;
  config.problems.add({
    code: "EP-CONFIG-01",
    key,
    value: app.schema,
    allowed: unlessSecret(["schemas", "apps"], allowed, "the name of a schema"),
    repair: { remove: key },
  });
}

/** The default name of a schema is made of the application's. */
function requireDefaultName(config: Configuration, { name, schema, path }: Entry<SchemaSettings>): void {
  const key = `${path}.name`;
  if (config.problems.has(key) || SCHEMA_FIELDS.schema.type.safeParse(schema).success) return;
  const words = `a name whose schema is allowed, not ${schema}: ${SCHEMA_FIELDS.schema.allowed}; or a schema named ${name} in schemas`;
  const allowed = unlessSecret(["apps"], words, SCHEMA_FIELDS.schema.allowed);
  config.problems.add({ code: "EP-CONFIG-01", key, value: name, allowed, repair: SCHEMA_FIELDS.name.example });
}

/** PostgreSQL cuts longer names. */
function requireShortRoles(config: Configuration, schema: Entry<SchemaSettings>): void {
  const isApp = schema.path.startsWith("apps") || schema.path === "databaseName";
  const nameKey = `${schema.path}.name`;
  const keys = {
    schema: `${schema.path}.schema`,
    database: "database" in schema.texts && !isApp ? `${schema.path}.database` : "databaseName",
  };
  if ([nameKey, keys.schema, keys.database].some((key) => config.problems.has(key))) return;
  const role = `${rolePrefix(schema)}_migrator`;
  const excess = role.length - LONGEST_NAME;
  if (excess <= 0) return;
  const words = `database and schema that are shorter by ${excess} characters together`;
  const allowed = unlessSecret(Object.values(keys), `${words}: the roles are named ${role}`, words);
  const [key, value, other, example] =
    !isApp && schema.schema.length > excess
      ? [keys.schema, schema.texts.schema, schema.schema, SCHEMA_FIELDS.schema.example]
      : [keys.database, schema.database, schema.database, SCHEMA_FIELDS.database.example];
  const repair = unlessSecret(Object.values(keys), other.slice(0, -excess), example);
  config.problems.add({ code: "EP-CONFIG-04", key, value, allowed, repair });
}
