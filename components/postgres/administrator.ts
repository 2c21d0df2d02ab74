import { sameGuid } from "../azure/objectId.ts";
import type { TokenClaims } from "../azure/tokenClaims.ts";
import { UserError } from "../errors/userError.ts";
import { show } from "./roleName.ts";

/** A Microsoft Entra principal that administers a server. */
export interface Administrator {
  /** Object id (principal id). */
  objectId: string;
  /** The role to log in as: a user's principal name, or a group's or service's display name. */
  name: string;
  /** `User`, `Group` or `ServicePrincipal`. */
  type: string;
}

/**
 * A user's token names the user. A managed identity's names its Azure resource. A service principal's names nothing but
 * its client id, which then serves as the role's name: a label that the server does not look up.
 */
export function administratorOf(claims: TokenClaims): Administrator {
  const isService = claims.idtyp === "app" || (!claims.idtyp && !claims.upn && !claims.unique_name);
  const name = isService
    ? (claims.xms_mirid?.split("/").at(-1) ?? claims.appid)
    : (claims.upn ?? claims.preferred_username ?? claims.unique_name);
  return { objectId: claims.oid, name: name ?? claims.oid, type: isService ? "ServicePrincipal" : "User" };
}

/**
 * The administrator's role that a token logs in as: its own, else a group that it names as its own. A token names groups only if the tenant
 * adds the claim, so otherwise the first group is tried, and the server decides.
 * @param preferred which group to try
 * @returns undefined where the token is certainly no administrator's
 */
export function loginOf(
  claims: TokenClaims,
  administrators: readonly Administrator[],
  preferred?: string,
): string | undefined {
  const groups = administrators.filter(({ type }) => type.toLowerCase() === "group");
  const own = administrators.find((one) => !groups.includes(one) && sameGuid(one.objectId, claims.oid));
  const named = groups.find(({ objectId }) => claims.groups?.some((id) => sameGuid(id, objectId)));
  const group = named ?? groups.find(({ name }) => name === preferred) ?? groups[0];
  return (own ?? group)?.name;
}

/**
 * The role to log in as, before anything is sent to the server. See {@link loginOf}.
 *
 * @throws {UserError} EP-PG-23, which names the login and the administrators, where the login is certainly none of them
 */
export function requireLogin(
  claims: TokenClaims,
  { adminUser, administrators }: { adminUser: string; administrators?: Administrator[] | undefined },
  at: string,
): string {
  if (!administrators || administrators.length === 0) return adminUser;
  const login = loginOf(claims, administrators, adminUser);
  if (login !== undefined) return login;
  throw new UserError({
    code: "EP-PG-23",
    step: "logging in as an Entra administrator",
    at,
    expected: `the login of an administrator; the administrators are ${administrators.map(shown).join(", ")}`,
    found: `you are logged in as ${administratorOf(claims).name} (object id ${claims.oid})`,
    remedy:
      "log in as one of them (az login, or ARM_CLIENT_ID with its credential), or have one of them add this login to the server's administrators",
  });
}

function shown({ name, type, objectId }: Administrator): string {
  return `"${name}" (${type}, object id ${objectId})`;
}

/** What each administrator has to have. */
const FIELDS = ["objectId", "name", "type"] as const;

/**
 * What is wrong with a list of administrators as a program gave it.
 *
 * @param unknown what stands for a value that is not known yet
 */
export function administratorsProblem(list: readonly unknown[], unknown: string): string | undefined {
  const problems = list.map((one, index) => {
    if (one === unknown) return undefined;
    const fields: Record<string, unknown> = typeof one === "object" && one !== null ? { ...one } : {};
    const missing = FIELDS.find((field) => typeof fields[field] !== "string" || fields[field] === "");
    return missing && `has ${show(one)} at ${index}, without ${missing}; each needs ${FIELDS.join(", ")}`;
  });
  return problems.find((problem) => problem !== undefined);
}
