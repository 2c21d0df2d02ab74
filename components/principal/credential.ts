import { readFile } from "node:fs/promises";
import {
  ClientAssertionCredential,
  ClientSecretCredential,
  DefaultAzureCredential,
  ManagedIdentityCredential,
  type TokenCredential,
} from "@azure/identity";
import { Explained } from "./explained.ts";
import { Failure } from "./failure.ts";

/** The scope of a token for Azure Database for PostgreSQL, the same in Azure's documents for every flexible server. */
export const DATABASE_SCOPE = "https://ossrdbms-aad.database.windows.net/.default";

/**
 * The deployer's credential: the one that the azure-native provider would use where `ARM_*` variables are set, else
 * `DefaultAzureCredential` (environment, workload identity, managed identity, `az login`, ...).
 */
export function deployerCredential(env: NodeJS.ProcessEnv = process.env): TokenCredential {
  const { ARM_TENANT_ID: tenant, ARM_CLIENT_ID: client } = env;
  if (tenant && client && isTrue(env.ARM_USE_OIDC)) {
    return new ClientAssertionCredential(tenant, client, () => oidcAssertion(env));
  }
  if (tenant && client && env.ARM_CLIENT_SECRET) {
    return new ClientSecretCredential(tenant, client, env.ARM_CLIENT_SECRET);
  }
  if (isTrue(env.ARM_USE_MSI)) {
    return client ? new ManagedIdentityCredential({ clientId: client }) : new ManagedIdentityCredential();
  }
  return new DefaultAzureCredential();
}

/**
 * A fresh access token of the deployer for the database. It goes into a connection and nowhere else.
 *
 * @param signal ends the wait for it.
 * @throws {Failure} of phase `token` when there is none, or what came is no token.
 */
export async function databaseToken(
  signal?: AbortSignal,
  credential: TokenCredential = deployerCredential(),
): Promise<string> {
  const token = await credential.getToken(DATABASE_SCOPE, signal ? { abortSignal: signal } : {}).catch((error) => {
    throw new Failure("token", new Error(signal?.aborted ? "no answer in time" : wordsOf(error)));
  });
  const oddity = token ? oddityOf(token.token) : "the credential gave none";
  if (!token || oddity) {
    throw new Failure("token", new Error(oddity ?? ""));
  }
  return token.token;
}

/**
 * What the SDK said, of each credential that it tried. It quotes answers that it could not read, and those may hold a token: neither
 * is passed on.
 */
function wordsOf(error: unknown): string {
  const nested = (error as { errors?: unknown[] }).errors ?? [];
  const messages = (nested.length > 0 ? nested : [error]).map((one) =>
    (one instanceof Error ? one.message : String(one)).split("\n", 1)[0]?.slice(0, 300),
  );
  return messages
    .join("; ")
    .replace(/"[^;]*?"\.* is not valid JSON/g, "the answer is not JSON")
    .replace(/eyJ[\w.-]*/g, "(a token)");
}

/** Bytes of a password message's text: PostgreSQL takes no longer one. */
const LONGEST = 65_000;

/** What makes a text no token, without quoting any of it; undefined for one that has a token's form. */
function oddityOf(token: string): string | undefined {
  if (/^[\w-]+\.[\w-]+\.[\w-]*$/.test(token)) {
    return token.length > LONGEST ? `a token of ${token.length} bytes; PostgreSQL takes ${LONGEST}` : undefined;
  }
  const signs: [string, boolean][] = [
    ["nothing", token === ""],
    ['the prefix "Bearer"', /^bearer\s/i.test(token)],
    ["quotes around it", /^["']/.test(token)],
    ["white space or line breaks in it", /\s/.test(token)],
    ["characters that no token has", /[^\w.\s"'-]/.test(token)],
  ];
  const seen = signs.filter(([, holds]) => holds).map(([sign]) => sign);
  return `not a JSON web token: ${seen.length > 0 ? seen.join(", ") : "it has not three parts"}`;
}

/** What a token says of its owner. The signature is not checked here: the claims only choose a default, the server checks. */
export interface TokenClaims {
  oid: string;
  tid: string;
  aud?: string;
  /** Seconds since the epoch. */
  exp?: number;
  nbf?: number;
  idtyp?: string;
  appid?: string;
  upn?: string;
  unique_name?: string;
  preferred_username?: string;
  xms_mirid?: string;
}

/** @throws {Explained} when the token is not a JWT with the claims `oid` and `tid`. */
export function tokenClaims(token: string): TokenClaims {
  try {
    const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8"));
    if (typeof claims.oid === "string" && typeof claims.tid === "string") {
      return claims;
    }
  } catch {
    // The parser's message could quote the token; the explanation below does not.
  }
  throw new Explained({
    step: "reading the deployer's token",
    expected: "a JSON web token with the claims oid and tid",
    found: "something else",
    remedy: "set adminObjectId, adminName and adminType in the stack's configuration",
  });
}

/** GitHub's assertion lives for minutes, so it is asked for each time a token is needed, where the endpoint is known. */
async function oidcAssertion(env: NodeJS.ProcessEnv): Promise<string> {
  const url = env.ARM_OIDC_REQUEST_URL ?? env.ACTIONS_ID_TOKEN_REQUEST_URL;
  const bearer = env.ARM_OIDC_REQUEST_TOKEN ?? env.ACTIONS_ID_TOKEN_REQUEST_TOKEN;
  if (url && bearer) {
    const address = new URL(url);
    address.searchParams.set("audience", env.ARM_OIDC_AUDIENCE ?? "api://AzureADTokenExchange");
    const answer = await fetch(address, { headers: { Authorization: `Bearer ${bearer}` } });
    if (!answer.ok) {
      throw new Error(`the OIDC endpoint answered ${answer.status}`);
    }
    return ((await answer.json()) as { value: string }).value;
  }
  if (env.ARM_OIDC_TOKEN_FILE_PATH) {
    return (await readFile(env.ARM_OIDC_TOKEN_FILE_PATH, "utf8")).trim();
  }
  if (env.ARM_OIDC_TOKEN) {
    return env.ARM_OIDC_TOKEN;
  }
  throw new Error(
    "ARM_USE_OIDC is set, but none of ARM_OIDC_REQUEST_URL with ARM_OIDC_REQUEST_TOKEN, ARM_OIDC_TOKEN_FILE_PATH, ARM_OIDC_TOKEN",
  );
}

function isTrue(value: string | undefined): boolean {
  return value === "1" || value?.toLowerCase() === "true";
}
