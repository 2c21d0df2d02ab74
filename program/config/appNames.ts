import { type AppEntry, rolePrefix } from "./app.ts";
import { APP_FIELDS, LONGEST_APP_NAME, LONGEST_NAME } from "./appFields.ts";
import type { Configuration } from "./configuration.ts";
import { unlessSecret } from "./problems.ts";
import { firstFreeName } from "./proposedName.ts";

/** A part of an application that no other application may share. */
interface UniquePart {
  key: "name" | "vmName" | "schema";
  allowed: string;
  /** What the other application does, which has it first. */
  conflict: string;
  separator: string;
  /** What is compared. */
  of: (app: AppEntry) => string;
  longest: (app: AppEntry) => number;
}

const UNIQUE_PARTS: readonly UniquePart[] = [
  {
    key: "name",
    allowed: "a name of its own",
    conflict: "has the same",
    separator: "-",
    of: ({ name }) => name,
    longest: () => LONGEST_APP_NAME,
  },
  {
    key: "vmName",
    allowed: "a VM of its own, because its name is the role's name, too",
    conflict: "has the same",
    separator: "-",
    // Azure ignores case in the names of VMs.
    of: ({ vmName }) => vmName.toLowerCase(),
    longest: () => LONGEST_NAME,
  },
  {
    key: "schema",
    allowed: "a schema of its own, because its roles are named <database>_<schema>_<profile>",
    conflict: "names its roles the same",
    separator: "_",
    // Database app_x with schema y has the same roles as database app with schema x_y.
    of: rolePrefix,
    longest: ({ database }) => LONGEST_NAME - `${database}__migrator`.length,
  },
];

/** Reports each application that shares a name, a VM or roles with an earlier one, with a free name to use instead. */
export function refuseSharedNames(config: Configuration, apps: readonly AppEntry[]): void {
  for (const part of UNIQUE_PARTS) refuseShared(config, apps, part);
}

function refuseShared(config: Configuration, apps: readonly AppEntry[], part: UniquePart): void {
  const { key, of } = part;
  // A part with a problem, or a default made of a name with one, is not compared as well.
  const compared = apps.filter(
    ({ path, texts }) =>
      !config.problems.has(`${path}.${key}`) && (key in texts || !config.problems.has(`${path}.name`)),
  );
  const taken = new Set(apps.map(of));
  for (const app of compared) {
    const first = compared.find((other) => of(other) === of(app)) ?? app;
    if (first === app) continue;
    const form = { separator: part.separator, longest: part.longest(app) };
    const free = firstFreeName(app[key], form, (name) => !taken.has(of({ ...app, [key]: name })));
    taken.add(of({ ...app, [key]: free }));
    const path = `${app.path}.${key}`;
    const secrets = [path, "vmName"];
    const byDefault = unlessSecret(secrets, `with the default, ${app[key]}, `, "with the default, ");
    config.problems.add({
      code: "EP-CONFIG-05",
      key: path,
      value: app.texts[key],
      allowed: `${part.allowed}; ${key in app.texts ? "" : byDefault}${first.path} ${part.conflict}`,
      repair: unlessSecret(secrets, free, APP_FIELDS[key].example),
    });
  }
}
