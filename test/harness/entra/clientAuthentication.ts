import { createPublicKey, timingSafeEqual } from "node:crypto";
import { createLocalJWKSet, decodeJwt, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from "jose";
import { TokenRequestError } from "../../../sandbox/entra/tokenRequest.ts";

/** Whose assertions are taken in place of a secret: all three must be the assertion's own, letter for letter. */
export interface FederatedCredential {
  issuer: string;
  subject: string;
  /** @default "api://AzureADTokenExchange" */
  audience?: string;
  /** The issuer's public keys; Entra fetches them from the issuer. */
  keys: JSONWebKeySet;
}

/** How an application may prove that it is itself. */
export interface ClientCredentials {
  federated?: FederatedCredential[];
  secret?: string;
  /** PEM of its certificate, the private key of which it holds. */
  certificate?: string;
}

const ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/** Seconds by which an assertion may begin later than now: Azure's SDKs round its begin up. One that is over is over at once. */
const NOT_BEFORE_LEEWAY = 300;
const DOCUMENT = "https://learn.microsoft.com/entra/workload-id/workload-identity-federation";

/** Where and when a client authenticates. */
export interface Meeting {
  clientId: string;
  /** The token endpoint's own address: the audience of an assertion that a certificate's key signed. */
  endpoint: string;
  /** Milliseconds since the epoch. */
  now: number;
}

/**
 * Checks what a token request says for its client: a secret or an assertion (RFC 7523). docs/fidelity.md names the source of each text.
 * @throws TokenRequestError as Entra refuses it
 */
export async function authenticate(
  form: URLSearchParams,
  credentials: ClientCredentials,
  meeting: Meeting,
): Promise<void> {
  const secret = form.get("client_secret");
  const assertion = form.get("client_assertion");
  if (secret) {
    requireSecret(secret, credentials.secret, meeting.clientId);
  } else if (assertion && form.get("client_assertion_type") === ASSERTION_TYPE) {
    await requireAssertion(assertion, credentials, meeting);
  } else {
    throw invalidClient(
      "AADSTS7000216: 'client_assertion', 'client_secret' or 'request' is required for the 'client_credentials' grant type.",
    );
  }
}

function requireSecret(given: string, wanted: string | undefined, clientId: string): void {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted ?? "")];
  if (wanted === undefined || a.length !== b.length || !timingSafeEqual(a, b)) {
    throw invalidClient(
      "AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, " +
        `not the client secret ID, for a secret added to app '${clientId}'.`,
    );
  }
}

async function requireAssertion(assertion: string, credentials: ClientCredentials, meeting: Meeting): Promise<void> {
  let claims: JWTPayload;
  try {
    claims = decodeJwt(assertion);
  } catch {
    throw invalidClient("AADSTS50027: JWT token is invalid or malformed.");
  }
  if (claims.iss === meeting.clientId && credentials.certificate) {
    const key = createPublicKey(credentials.certificate);
    await requireSignature(claims, meeting, (expected) =>
      jwtVerify(assertion, key, { ...expected, audience: meeting.endpoint, subject: meeting.clientId }),
    );
    return;
  }
  const { keys } = matching(claims, credentials.federated ?? []);
  await requireSignature(claims, meeting, (expected) => jwtVerify(assertion, createLocalJWKSet(keys), expected));
}

/** Issuer, then audience, then subject: each has a code of its own. */
function matching(claims: JWTPayload, federated: FederatedCredential[]): FederatedCredential {
  const audiences = [claims.aud ?? []].flat();
  const byIssuer = federated.filter(({ issuer }) => issuer === claims.iss);
  const byAudience = byIssuer.filter(({ audience = "api://AzureADTokenExchange" }) => audiences.includes(audience));
  const [found] = byAudience.filter(({ subject }) => subject === claims.sub);
  if (found) {
    return found;
  }
  const [code, what, shown] =
    byIssuer.length === 0
      ? ["AADSTS700211", "issuer", claims.iss]
      : byAudience.length === 0
        ? ["AADSTS700212", "audience", audiences.join(" ")]
        : ["AADSTS700213", "subject", claims.sub];
  throw invalidClient(
    `${code}: No matching federated identity record found for presented assertion ${what} '${shown}'. ` +
      `Check your federated identity credential Subject, Audience and Issuer against the presented assertion. ${DOCUMENT}`,
  );
}

async function requireSignature(
  claims: JWTPayload,
  { now }: Meeting,
  verify: (expected: { currentDate: Date; clockTolerance: number }) => Promise<unknown>,
): Promise<void> {
  try {
    await verify({ currentDate: new Date(now), clockTolerance: NOT_BEFORE_LEEWAY });
  } catch (error) {
    const untimely =
      error instanceof errors.JWTExpired || (error instanceof errors.JWTClaimValidationFailed && error.claim === "nbf");
    if (!untimely) {
      throw invalidClient(
        "AADSTS700027: Client assertion contains an invalid signature. [Reason - The key was not found.]",
      );
    }
    throw notInTime(claims, now);
  }
  if ((claims.exp ?? 0) * 1000 <= now) throw notInTime(claims, now);
}

function notInTime(claims: JWTPayload, now: number): TokenRequestError {
  const time = (ms: number) => new Date(ms).toISOString().replace(/Z$/, "0000Z");
  return invalidClient(
    `AADSTS700024: Client assertion is not within its valid time range. Current time: ${time(now)}, ` +
      `assertion valid from ${time((claims.nbf ?? 0) * 1000)}, expiry time of assertion ${time((claims.exp ?? 0) * 1000)}. ` +
      "Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials",
  );
}

function invalidClient(description: string): TokenRequestError {
  return new TokenRequestError(401, "invalid_client", description);
}
