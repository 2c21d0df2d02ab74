import type { Administrator } from "entra-postgres";
import { type ConfigReader, written } from "./configReader.ts";

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const TYPES = ["User", "Group", "ServicePrincipal"];

/** What an entry of `moreAdministrators` says. */
const RULES: Record<keyof Administrator, { pattern: RegExp; allowed: string; example: string }> = {
  objectId: {
    pattern: GUID,
    allowed: "an object id (principal id), a GUID",
    example: "11111111-2222-3333-4444-555555555555",
  },
  name: {
    pattern: /\S/,
    allowed: "a user's principal name, or a group's or service's display name",
    example: "on-call",
  },
  type: { pattern: new RegExp(`^(${TYPES.join("|")})$`), allowed: TYPES.join(", "), example: "Group" },
};

/** Of the keys of the administrator that deploys. */
const EXAMPLES: Readonly<Record<string, string>> = {
  adminObjectId: RULES.objectId.example,
  adminName: "db-admins",
  adminType: RULES.type.example,
};

/**
 * Administrators beside the one that deploys, such as a group for emergencies.
 * @param first the one that deploys, where the configuration names it
 */
export function readMoreAdministrators(config: ConfigReader, first: Administrator | undefined): Administrator[] {
  const entries = config.objects("moreAdministrators", Object.keys(RULES), RULES.objectId.example);
  const more = entries.map(({ path, value }) => {
    const read = (key: keyof Administrator) => {
      const { pattern, allowed, example } = RULES[key];
      const own = written(value[key]);
      if (!pattern.test(own ?? "")) config.problem(`${path}.${key}`, own, allowed, example);
      return own ?? "";
    };
    return { path, objectId: read("objectId"), name: read("name"), type: read("type") };
  });
  const all = [...(first ? [{ ...first, path: "admin" }] : []), ...more];
  for (const administrator of more) refuseSame(config, all, administrator);
  return more.map(({ objectId, name, type }) => ({ objectId, name, type }));
}

/** Azure knows an administrator by the object id, and the server by the name, which is a role's. */
function refuseSame(
  config: ConfigReader,
  all: readonly (Administrator & { path: string })[],
  administrator: Administrator & { path: string },
): void {
  const before = all.slice(0, all.indexOf(administrator));
  const keyOf = (path: string, key: "objectId" | "name") =>
    path === "admin" ? (key === "name" ? "adminName" : "adminObjectId") : `${path}.${key}`;
  const same = (key: "objectId" | "name") => {
    const value = administrator[key];
    if (config.hasProblem(keyOf(administrator.path, key))) return undefined;
    // An object id is one in capitals, too.
    const other = before.find((each) =>
      key === "name" ? each.name === value : each.objectId.toLowerCase() === value.toLowerCase(),
    );
    return other && keyOf(other.path, key);
  };
  const { path, objectId, name } = administrator;
  const [sameId, sameName] = [same("objectId"), same("name")];
  if (sameId) {
    const allowed = `an administrator who is named once; ${sameId} is the same`;
    config.problem(`${path}.objectId`, objectId, allowed, { remove: path });
  } else if (sameName) {
    const allowed = `a name of its own, for it is the role's; ${sameName} is the same`;
    config.problem(`${path}.name`, name, allowed, config.unlessSecret([path], `${name}-2`, RULES.name.example));
  }
}

/** The server's administrator where the configuration names one; undefined: whoever deploys. */
export function readAdministrator(config: ConfigReader): Administrator | undefined {
  const keys = Object.keys(EXAMPLES);
  const given = keys.filter((key) => config.has(key));
  if (given.length === 0) {
    return undefined;
  }
  for (const key of keys.filter((each) => !config.has(each))) {
    config.problem(key, undefined, `all of ${keys.join(", ")}, or none: then whoever deploys`, EXAMPLES[key] ?? "");
  }
  return {
    objectId: config.text("adminObjectId", { fallback: "", ...RULES.objectId }),
    name: config.text("adminName", { fallback: "", ...RULES.name, example: EXAMPLES.adminName ?? "" }),
    type: config.oneOf("adminType", TYPES, "Group"),
  };
}
