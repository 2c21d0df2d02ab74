import type { Principal } from "./directory.ts";

/** An identity of a machine. */
export interface ImdsIdentity {
  principal: Principal;
  kind: "system" | "user";
}

/** The resource for which Azure Database for PostgreSQL takes tokens. */
export const POSTGRES_RESOURCE = "https://ossrdbms-aad.database.windows.net";

/** The resource of the Azure control plane. */
export const MANAGEMENT_RESOURCE = "https://management.azure.com";

/** The services that have a principal in the sandbox's tenant. */
const RESOURCES = [POSTGRES_RESOURCE, MANAGEMENT_RESOURCE];

/** The query parameters that choose an identity. `mi_res_id` is the newer name of `msi_res_id`, `principal_id` App Service's of `object_id`. */
const SELECTORS = ["client_id", "object_id", "principal_id", "msi_res_id", "mi_res_id"] as const;

/** A token request that is refused: the status and the JSON body of the answer. */
export class TokenRequestError extends Error {
  readonly status: number;
  readonly body: { error: string; error_description: string };

  constructor(status: number, error: string, description: string) {
    super(description);
    this.status = status;
    this.body = { error, error_description: description };
  }
}

/**
 * The resource that a request names, letter for letter: it becomes the audience of the token, with its slash at the end if it has
 * one. A scope such as `<resource>/.default` is no resource; SDKs take the suffix off before they ask.
 * @throws TokenRequestError 400 when the request names no resource, or one that the tenant does not know
 */
export function checkResource(parameters: URLSearchParams, tenantId: string): string {
  const resource = parameters.get("resource");
  if (!resource) throw new TokenRequestError(400, "invalid_request", "Required query variable 'resource' is missing");
  if (parameters.getAll("resource").length > 1) {
    throw new TokenRequestError(400, "invalid_request", "The query variable 'resource' is given more than once");
  }
  if (!RESOURCES.includes(resource.replace(/\/$/, ""))) {
    throw new TokenRequestError(
      400,
      "invalid_resource",
      `AADSTS500011: The resource principal named ${resource} was not found in the tenant named ${tenantId}.`,
    );
  }
  return resource;
}

/**
 * The identity that a request means: the one it names; else the system-assigned one; else the only user-assigned one.
 * @throws TokenRequestError 400 when there is no such identity or no single one
 */
export function chooseIdentity(parameters: URLSearchParams, identities: ImdsIdentity[]): ImdsIdentity {
  const given = SELECTORS.filter((name) => parameters.get(name));
  if (given.length > 1 || given.some((name) => parameters.getAll(name).length > 1)) {
    throw new TokenRequestError(400, "invalid_request", `Give one of ${given.join(", ")}, and give it once`);
  }
  const [selector] = given;
  if (selector) {
    const wanted = parameters.get(selector)?.toLowerCase();
    const named = identities.find((identity) => selectable(identity, selector)?.toLowerCase() === wanted);
    if (!named) throw new TokenRequestError(400, "invalid_request", "Identity not found");
    return named;
  }
  const system = identities.find((identity) => identity.kind === "system");
  if (system) return system;
  const [first, second] = identities;
  if (!first) throw new TokenRequestError(400, "invalid_request", "Identity not found");
  if (second) {
    throw new TokenRequestError(
      400,
      "invalid_request",
      "Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the token request",
    );
  }
  return first;
}

function selectable(identity: ImdsIdentity, selector: (typeof SELECTORS)[number]): string | undefined {
  if (selector === "client_id") return identity.principal.clientId;
  if (selector === "object_id" || selector === "principal_id") return identity.principal.objectId;
  return identity.principal.resourceId;
}
