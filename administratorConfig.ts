import type { Administrator } from "entra-postgres";
import type { ConfigReader } from "./configReader.ts";

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
    objectId: config.text("adminObjectId", {
      fallback: "",
      pattern: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
      allowed: "an object id (principal id), a GUID",
      example: "11111111-2222-3333-4444-555555555555",
    }),
    name: config.text("adminName", {
      fallback: "",
      pattern: /\S/,
      allowed: "a user's principal name, or a group's or service's display name",
      example: "db-admins",
    }),
    type: config.oneOf("adminType", ["User", "Group", "ServicePrincipal"], "Group"),
  };
}
