import type { Administrator } from "entra-postgres";
import type { ConfigReader } from "./configReader.ts";

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

/** Administrators beside the one that deploys, such as a group for emergencies. */
export function readMoreAdministrators(config: ConfigReader): Administrator[] {
  return config.objects("moreAdministrators").map((entry, index) => {
    const path = `moreAdministrators[${index}]`;
    for (const key of Object.keys(entry).filter((key) => !(key in RULES))) {
      config.problem(
        `${path}.${key}`,
        String(entry[key]),
        `no such key; there are ${Object.keys(RULES).join(", ")}`,
        "",
      );
    }
    const read = (key: keyof Administrator) => {
      const { pattern, allowed, example } = RULES[key];
      const value = String(entry[key] ?? "");
      if (!pattern.test(value)) {
        config.problem(`${path}.${key}`, entry[key] === undefined ? "(missing)" : value, allowed, example);
      }
      return value;
    };
    return { objectId: read("objectId"), name: read("name"), type: read("type") };
  });
}

/** The server's administrator where the configuration names one; undefined: whoever deploys. */
export function readAdministrator(config: ConfigReader): Administrator | undefined {
  const keys = ["adminObjectId", "adminName", "adminType"];
  const given = keys.filter((key) => config.has(key));
  if (given.length === 0) {
    return undefined;
  }
  for (const key of keys.filter((each) => !config.has(each))) {
    config.problem(
      key,
      "(missing)",
      `all of ${keys.join(", ")}, or none: then whoever deploys`,
      key === "adminType" ? "Group" : "db-admins",
    );
  }
  return {
    objectId: config.text("adminObjectId", { fallback: "", ...RULES.objectId }),
    name: config.text("adminName", { fallback: "", ...RULES.name, example: "db-admins" }),
    type: config.oneOf("adminType", TYPES, "Group"),
  };
}
