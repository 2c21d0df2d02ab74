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

/** The resource of Microsoft Graph. */
export const GRAPH_RESOURCE = "https://graph.microsoft.com";

/** The services that have a principal in the sandbox's tenant. */
const RESOURCES = [POSTGRES_RESOURCE, MANAGEMENT_RESOURCE, GRAPH_RESOURCE];

/** The query parameters that choose an identity. `principal_id` is App Service's name; Java's SDK sends `mi_res_id`, others `msi_res_id`. */
const SELECTORS: Readonly<Record<string, (principal: Principal) => string | undefined>> = {
  client_id: ({ clientId }) => clientId,
  object_id: ({ objectId }) => objectId,
  principal_id: ({ objectId }) => objectId,
  msi_res_id: ({ resourceId }) => resourceId,
  mi_res_id: ({ resourceId }) => resourceId,
};

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

/** The answer to a request that is not well-formed. */
export function invalidRequest(description: string): TokenRequestError {
  return new TokenRequestError(400, "invalid_request", description);
}

/**
 * The resource that a request names. It becomes the token's audience unchanged, with the slash at its end. A scope such as `<resource>/.default` is
 * not a resource: SDKs remove the suffix.
 * @throws TokenRequestError 400 when the request names no resource, or one that the tenant does not know
 */
export function checkResource(parameters: URLSearchParams, tenantId: string): string {
  const [resource, ...more] = parameters.getAll("resource");
  if (!resource) throw invalidRequest("Required query variable 'resource' is missing");
  if (more.length > 0) throw invalidRequest("The query variable 'resource' is given more than once");
  if (RESOURCES.includes(resource.replace(/\/$/, ""))) return resource;
  const description = `The resource principal named ${resource} was not found in the tenant named ${tenantId}.`;
  throw new TokenRequestError(400, "invalid_resource", `AADSTS500011: ${description}`);
}

/**
 * The identity of a request: the named one; else the system-assigned one; else the only user-assigned one.
 * @throws TokenRequestError 400 when there is no such identity, or more than one
 */
export function chooseIdentity(parameters: URLSearchParams, identities: ImdsIdentity[]): ImdsIdentity {
  const given = Object.keys(SELECTORS).filter((name) => parameters.get(name));
  if (given.length > 1 || given.some((name) => parameters.getAll(name).length > 1)) {
    throw invalidRequest(`Give one of ${given.join(", ")}, and give it once`);
  }
  const [selector = ""] = given;
  const wanted = parameters.get(selector)?.toLowerCase();
  const matching = identities.filter(({ principal, kind }) =>
    wanted ? SELECTORS[selector]?.(principal)?.toLowerCase() === wanted : kind === "system",
  );
  const [first, second] = wanted || matching.length > 0 ? matching : identities;
  if (!first) throw invalidRequest("Identity not found");
  if (!second) return first;
  const remedy = "please specify the clientId / resourceId of the identity in the token request";
  throw invalidRequest(`Multiple user assigned identities exist, ${remedy}`);
}
