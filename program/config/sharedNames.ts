import { type AppSettings, type Entry, rolePrefix, type SchemaSettings } from "./app.ts";
import { APP_FIELDS, LONGEST_APP_NAME, LONGEST_NAME, SCHEMA_FIELDS } from "./appFields.ts";
import type { Configuration } from "./configuration.ts";
import { identityPart } from "./identityConfig.ts";
import { unlessSecret } from "./problems.ts";
import { firstFreeName } from "./proposedName.ts";

/** A part of an entry that no other entry of the list may share. */
interface UniquePart<Item> {
  key: keyof Item & string;
  /** The part of an entry that states it. @default `key` */
  part?: (item: Item) => string;
  allowed: string;
  /** What the other entry does, which has it first. */
  conflict: string;
  separator: string;
  /** What is compared. */
  of: (item: Item) => string;
  longest: (item: Item) => number;
  example: string;
}

/** What to write instead of an id that another application has. */
const ID_EXAMPLES = { existingVmId: APP_FIELDS.existingVmId.example, identityId: APP_FIELDS.identityId.example };

const APP_PARTS: readonly UniquePart<AppSettings>[] = [
  {
    key: "name",
    allowed: "a name of its own",
    conflict: "has the same",
    separator: "-",
    of: ({ name }) => name,
    longest: () => LONGEST_APP_NAME,
    example: APP_FIELDS.name.example,
  },
  {
    key: "roleName",
    part: identityPart,
    allowed: "a VM or identity of its own, because its name is the role's name, too",
    conflict: "has the same",
    separator: "-",
    // Azure ignores case in the names of VMs.
    of: ({ roleName }) => roleName.toLowerCase(),
    longest: () => LONGEST_NAME,
    example: APP_FIELDS.vmName.example,
  },
];

const SCHEMA_PARTS: readonly UniquePart<SchemaSettings>[] = [
  {
    key: "name",
    allowed: "a name of its own",
    conflict: "has the same",
    separator: "-",
    of: ({ name }) => name,
    longest: () => LONGEST_APP_NAME,
    example: SCHEMA_FIELDS.name.example,
  },
  {
    key: "schema",
    allowed: "a schema of its own, because its roles are named <database>_<schema>_<profile>",
    conflict: "names its roles the same",
    separator: "_",
    // Database app_x with schema y has the same roles as database app with schema x_y.
    of: rolePrefix,
    longest: ({ database }) => LONGEST_NAME - `${database}__migrator`.length,
    example: SCHEMA_FIELDS.schema.example,
  },
];

/** Reports each entry that shares a name, a VM or roles with an earlier one of its list, with a free name to use instead. */
export function refuseSharedNames(
  config: Configuration,
  apps: readonly Entry<AppSettings>[],
  schemas: readonly Entry<SchemaSettings>[],
): void {
  for (const part of APP_PARTS) refuseShared(config, apps, part);
  for (const part of SCHEMA_PARTS) refuseShared(config, schemas, part);
}

function refuseShared<Item extends object>(
  config: Configuration,
  items: readonly Entry<Item>[],
  part: UniquePart<Item>,
): void {
  const { key, of } = part;
  const partOf = part.part ?? (() => key);
  // A part with a problem, or a default made of a name with one, is not compared as well.
  const compared = items.filter(
    (item) =>
      of(item) !== "" &&
      !config.problems.has(`${item.path}.${partOf(item)}`) &&
      (partOf(item) in item.texts || !config.problems.has(`${item.path}.name`)),
  );
  const taken = new Set(items.map(of));
  for (const item of compared) {
    const first = compared.find((other) => of(other) === of(item)) ?? item;
    if (first === item) continue;
    const form = { separator: part.separator, longest: part.longest(item) };
    const value = String(item[key]);
    const free = firstFreeName(value, form, (name) => !taken.has(of({ ...item, [key]: name })));
    taken.add(of({ ...item, [key]: free }));
    // The default schema of an application is named like the application.
    const isDefaultSchema = key === "schema" && !item.path.startsWith("schemas");
    const stated = isDefaultSchema ? "name" : partOf(item);
    const path = `${item.path}.${stated}`;
    const secrets = [path, "vmName"];
    const byDefault = unlessSecret(secrets, `with the default, ${value}, `, "with the default, ");
    config.problems.add({
      code: "EP-CONFIG-05",
      key: path,
      value: item.texts[stated],
      allowed: `${part.allowed}; ${partOf(item) in item.texts ? "" : byDefault}${first.path} ${part.conflict}`,
      repair:
        stated in ID_EXAMPLES
          ? ID_EXAMPLES[stated as keyof typeof ID_EXAMPLES]
          : unlessSecret(secrets, isDefaultSchema ? free.replaceAll("_", "-") : free, part.example),
    });
  }
}
