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
 * Compares a login with the server's administrators, before anything is sent to the server. It refuses only what is certain: a token names
 * the groups of its owner only if the tenant adds the claim `groups`, so with a group among the administrators the server decides.
 *
 * @throws {UserError} that names the login and the administrators
 */
export function requireAdministrator(
  claims: TokenClaims,
  { adminUser, administrators }: { adminUser: string; administrators?: Administrator[] | undefined },
  at: string,
): void {
  if (!administrators || administrators.length === 0) {
    return;
  }
  const groups = administrators.filter(isGroup);
  if (
    groups.some(({ name }) => name === adminUser) ||
    groups.some((group) => claims.groups?.some((id) => sameGuid(id, group.objectId)))
  ) {
    return;
  }
  const self = administrators.filter((one) => !isGroup(one) && sameGuid(one.objectId, claims.oid));
  if (self.length > 0 ? self.some(({ name }) => name === adminUser) : groups.length > 0) {
    return;
  }
  const login = `you are logged in as ${administratorOf(claims).name} (object id ${claims.oid})`;
  const [own] = self;
  throw new UserError({
    code: "EP-PG-23",
    step: `logging in as the Entra administrator "${adminUser}"`,
    at,
    expected: `the login of an administrator under its own name; the administrators are ${administrators.map(shown).join(", ")}`,
    found: own ? `${login}, who administers this server as "${own.name}", not as "${adminUser}"` : login,
    remedy: own
      ? `set adminUser to "${own.name}" (adminName in this program)`
      : "log in as one of them (az login, or ARM_CLIENT_ID with its credential), or have one of them add this login to the server's administrators",
  });
}

function isGroup({ type }: Administrator): boolean {
  return type.toLowerCase() === "group";
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
