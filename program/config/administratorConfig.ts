import type { Administrator } from "entra-postgres";
import { ciSign } from "./ciSystem.ts";
import { type Configuration, exampleText } from "./configuration.ts";
import { ADMINISTRATOR_FIELDS } from "./keys/access.ts";
import { unlessSecret } from "./problems.ts";
import { SCHEMA } from "./schema.ts";

/** The server's administrators that the configuration names. */
export interface Administrators {
  /** Undefined: the identity that runs Pulumi. */
  administrator: Administrator | undefined;
  moreAdministrators: Administrator[];
}

/** An administrator with the paths of its parts. */
interface Named extends Administrator {
  paths: { objectId: string; name: string };
  /** What removes it. */
  path: string;
}

/** Reads the administrators; each is in the configuration once. */
export function readAdministrators(config: Configuration): Administrators {
  const administrator = readFirst(config);
  const more = readMore(config);
  const paths = { objectId: "adminObjectId", name: "adminName" };
  const all = administrator ? [{ ...administrator, path: "adminObjectId", paths }, ...more] : more;
  for (const each of more) refuseDuplicate(config, all, each);
  return {
    administrator,
    moreAdministrators: more.map(({ objectId, name, type }) => ({ objectId, name, type })),
  };
}

function readFirst(config: Configuration): Administrator | undefined {
  const names = ["adminObjectId", "adminName", "adminType"] as const;
  if (!names.some((name) => config.has(name))) return requirePerson(config);
  for (const key of names.filter((name) => !config.has(name))) {
    const allowed = `all of ${names.join(", ")}, or none: then the identity that runs Pulumi`;
    config.problems.add({ code: "EP-CONFIG-02", key, allowed, repair: exampleText(SCHEMA[key], "") });
  }
  return {
    objectId: config.stated("adminObjectId") ?? "",
    name: config.stated("adminName") ?? "",
    type: config.stated("adminType") ?? "Group",
  };
}

/**
 * Without the keys, whoever runs Pulumi is the administrator. In CI each job has an identity of its own, so that a preview would plan to replace the
 * administrator by its own, and a deployment by another job would do it.
 */
function requirePerson(config: Configuration): undefined {
  const sign = ciSign();
  if (sign === undefined) return;
  const allowed = `in a CI job (${sign} is set) an administrator that all jobs can log in as, best a group: a preview's identity is another one than a deployment's`;
  const repair = exampleText(SCHEMA.adminObjectId, "");
  config.problems.add({ code: "EP-CONFIG-02", key: "adminObjectId", allowed, repair });
}

function readMore(config: Configuration): Named[] {
  return config.objects("moreAdministrators").map(({ path, parts, texts }) => {
    for (const [part, field] of Object.entries(ADMINISTRATOR_FIELDS).filter(([name]) => !(name in texts))) {
      const repair = exampleText(field, "");
      config.problems.add({ code: "EP-CONFIG-02", key: `${path}.${part}`, allowed: field.allowed, repair });
    }
    const { objectId = "", name = "", type = "Group" } = parts;
    return { objectId, name, type, path, paths: { objectId: `${path}.objectId`, name: `${path}.name` } };
  });
}

/** Azure identifies an administrator by the object id, in any case of letters, and PostgreSQL by the name, which is a role's. */
function refuseDuplicate(config: Configuration, all: readonly Named[], administrator: Named): void {
  const before = all.slice(0, all.indexOf(administrator));
  const { path, paths, objectId, name } = administrator;
  const same = (part: "objectId" | "name") => {
    if (config.problems.has(paths[part])) return undefined;
    const comparable = (each: Named) => (part === "name" ? each.name : each.objectId.toLowerCase());
    return before.find((other) => comparable(other) === comparable(administrator))?.paths[part];
  };
  const [sameId, sameName] = [same("objectId"), same("name")];
  const code = "EP-CONFIG-05";
  if (sameId) {
    const allowed = `each administrator once; ${sameId} is the same`;
    config.problems.add({ code, key: paths.objectId, value: objectId, allowed, repair: { remove: path } });
  } else if (sameName) {
    const allowed = `a name of its own, because it is the role's name; ${sameName} is the same`;
    const repair = unlessSecret([path], `${name}-2`, exampleText(ADMINISTRATOR_FIELDS.name, ""));
    config.problems.add({ code, key: paths.name, value: name, allowed, repair });
  }
}
