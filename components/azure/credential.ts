import { readFileSync } from "node:fs";
import {
  ClientAssertionCredential,
  ClientCertificateCredential,
  ClientSecretCredential,
  DefaultAzureCredential,
  ManagedIdentityCredential,
  type TokenCredential,
} from "@azure/identity";
import { UserError } from "../errors/userError.ts";
import { Failure } from "../postgres/failure.ts";
import { deployerCloud } from "./cloud.ts";
import { oidcAssertion } from "./oidcAssertion.ts";

/** The scope of a token for Azure Database for PostgreSQL, the same for every flexible server of a cloud. */
export function databaseScope(env: NodeJS.ProcessEnv = process.env): string {
  return `${deployerCloud(env).database}/.default`;
}

/**
 * The deployer's credential: the one that the azure-native provider takes from the same variables, by the same rules. The first
 * that is set counts, and an incomplete one is an error:
 *
 * 1. ARM_USE_DEFAULT_AZURE_CREDENTIAL: `DefaultAzureCredential`, which reads AZURE_*
 * 2. ARM_CLIENT_CERTIFICATE_PATH, with ARM_CLIENT_CERTIFICATE_PASSWORD
 * 3. ARM_CLIENT_SECRET
 * 4. ARM_USE_OIDC, with an OIDC token by {@link oidcAssertion}
 * 5. ARM_USE_MSI
 * 6. else azure-native takes `az login`, and this `DefaultAzureCredential`, of which `az login` is a part
 *
 * Source: newSingleMethodAuthCredential and readAuthConfig in provider/pkg/provider/auth_azidentity.go of pulumi/pulumi-azure-native.
 * What it takes from the stack's configuration (`azure-native:clientId` and the like) is not read here: set the variables.
 *
 * @param signal ends the wait for an OIDC token.
 * @throws {UserError} for an incomplete login.
 */
export function deployerCredential(env: NodeJS.ProcessEnv = process.env, signal?: AbortSignal): TokenCredential {
  const { authorityHost } = deployerCloud(env);
  const options = {
    ...(authorityHost ? { authorityHost } : {}),
    // azure-native's own switch for private clouds.
    disableInstanceDiscovery: isSet(env, "ARM_DISABLE_INSTANCE_DISCOVERY"),
  };
  const tenant = env.ARM_TENANT_ID ? { tenantId: env.ARM_TENANT_ID } : {};
  if (isSet(env, "ARM_USE_DEFAULT_AZURE_CREDENTIAL")) {
    return new DefaultAzureCredential({ ...options, ...tenant });
  }
  if (env.ARM_CLIENT_CERTIFICATE_PATH) {
    const { tenantId, clientId } = application(env, "ARM_CLIENT_CERTIFICATE_PATH");
    return new ClientCertificateCredential(tenantId, clientId, clientCertificate(env), options);
  }
  if (env.ARM_CLIENT_SECRET) {
    const { tenantId, clientId } = application(env, "ARM_CLIENT_SECRET");
    return new ClientSecretCredential(tenantId, clientId, env.ARM_CLIENT_SECRET, options);
  }
  if (isSet(env, "ARM_USE_OIDC")) {
    const { tenantId, clientId } = application(env, "ARM_USE_OIDC");
    return new ClientAssertionCredential(tenantId, clientId, () => oidcAssertion(env, signal), options);
  }
  if (isSet(env, "ARM_USE_MSI")) {
    return new ManagedIdentityCredential(env.ARM_CLIENT_ID ? { clientId: env.ARM_CLIENT_ID } : {});
  }
  return new DefaultAzureCredential({ ...options, ...tenant });
}

/** Tenant and client id of the login; azure-native requires both, too. */
function application(env: NodeJS.ProcessEnv, variable: string): { tenantId: string; clientId: string } {
  const { ARM_TENANT_ID: tenantId, ARM_CLIENT_ID: clientId } = env;
  if (tenantId && clientId) {
    return { tenantId, clientId };
  }
  const missing = [...(tenantId ? [] : ["ARM_TENANT_ID"]), ...(clientId ? [] : ["ARM_CLIENT_ID"])];
  throw incomplete(
    `${variable} with ARM_TENANT_ID and ARM_CLIENT_ID`,
    `no ${missing.join(" and no ")}`,
    `set ${missing.join(" and ")}, or unset ${variable} to log in in another way`,
  );
}

/** azure-native accepts only "true"; another word would give the two different logins. */
function isSet(env: NodeJS.ProcessEnv, variable: string): boolean {
  const value = env[variable];
  if (value && value !== "true" && /^(1|true|yes|on)$/i.test(value)) {
    throw incomplete(
      `${variable} to be "true"`,
      `"${value}", which the azure-native provider reads as false`,
      `set ${variable}=true`,
    );
  }
  return value === "true";
}

function clientCertificate(env: NodeJS.ProcessEnv): { certificate: string; certificatePassword?: string } {
  const { ARM_CLIENT_CERTIFICATE_PATH: path = "", ARM_CLIENT_CERTIFICATE_PASSWORD: password } = env;
  let certificate: string;
  try {
    certificate = readFileSync(path, "latin1");
  } catch (error) {
    throw incomplete(
      "ARM_CLIENT_CERTIFICATE_PATH to name a file that can be read",
      (error as Error).message,
      "correct ARM_CLIENT_CERTIFICATE_PATH",
    );
  }
  if (!/-----BEGIN (\w+ )?PRIVATE KEY-----/.test(certificate) || !certificate.includes("-----BEGIN CERTIFICATE-----")) {
    // Azure's SDK for Node.js cannot read PKCS#12. azure-native reads both, but no encrypted PEM.
    throw incomplete(
      "a PEM file with the certificate and its key, which azure-native takes as well",
      `${path} is not such a file`,
      `(umask 077; openssl pkcs12 -in ${path} -nodes -out login.pem), then ARM_CLIENT_CERTIFICATE_PATH=login.pem`,
    );
  }
  return { certificate, ...(password ? { certificatePassword: password } : {}) };
}

function incomplete(expected: string, found: string, remedy: string): UserError {
  return new UserError({ code: "EP-AZ-07", step: "choosing the deployer's login", expected, found, remedy });
}

/**
 * A fresh access token of the deployer for the database. It goes into a connection and nowhere else.
 *
 * @param signal ends the wait for it.
 * @throws {Failure} of phase `token` when no token came.
 * @throws {UserError} when Node.js is told not to verify certificates.
 */
export function databaseToken(signal?: AbortSignal, credential?: TokenCredential): Promise<string> {
  return accessToken(databaseScope(), signal, credential);
}

/** {@link databaseToken} for another service: `scope` names it. */
export async function accessToken(
  scope: string,
  signal?: AbortSignal,
  credential: TokenCredential = deployerCredential(process.env, signal),
): Promise<string> {
  requireVerification();
  const token = await credential.getToken(scope, signal ? { abortSignal: signal } : {}).catch((error) => {
    throw new Failure("token", new Error(signal?.aborted ? "no answer in time" : wordsOf(error)));
  });
  const oddity = token ? oddityOf(token.token) : "the credential returned no token";
  if (!token || oddity) {
    throw new Failure("token", new Error(oddity ?? ""));
  }
  return token.token;
}

/**
 * The SDK's message for each credential that it tried. The SDK quotes responses that it could not parse, and those may hold a token: both are
 * removed.
 */
function wordsOf(error: unknown): string {
  const nested = (error as { errors?: unknown[] }).errors ?? [];
  const messages = (nested.length > 0 ? nested : [error]).map((one) => {
    const message = one instanceof Error ? one.message : String(one);
    const status = /Http status code: (\d{3})/i.exec(message)?.[1];
    // Entra's codes for its own support follow the sentence.
    const sentence = message.split(/\r?\n| Trace ID:/, 1)[0]?.slice(0, 500);
    return status === undefined ? sentence : `${sentence} (HTTP ${status})`;
  });
  return messages
    .join("; ")
    .replace(/"[^;]*?"\.* is not valid JSON/g, "the answer is not JSON")
    .replace(/eyJ[\w.-]*/g, "(a token)");
}

/** Without verification of certificates, fetching a token and using it would give it to any server that answers. */
function requireVerification(): void {
  if (process.env.NODE_TLS_REJECT_UNAUTHORIZED === "0") {
    throw new UserError({
      code: "EP-PG-22",
      step: "fetching a token",
      expected: "Node.js to verify certificates",
      found: "NODE_TLS_REJECT_UNAUTHORIZED=0",
    });
  }
}

/** Bytes of a password message's text: PostgreSQL takes no longer one. */
const LONGEST = 65_000;

/** Why a text is not a token, without quoting it; undefined for a text in the form of a token. */
function oddityOf(token: string): string | undefined {
  if (/^[\w-]+\.[\w-]+\.[\w-]*$/.test(token)) {
    return token.length > LONGEST ? `a token of ${token.length} bytes; PostgreSQL takes ${LONGEST}` : undefined;
  }
  const signs: [string, boolean][] = [
    ["nothing", token === ""],
    ['the prefix "Bearer"', /^bearer\s/i.test(token)],
    ["quotes around it", /^["']/.test(token)],
    ["white space or line breaks in it", /\s/.test(token)],
    ["characters that are invalid in a token", /[^\w.\s"'-]/.test(token)],
  ];
  const seen = signs.filter(([, holds]) => holds).map(([sign]) => sign);
  return `not a JSON web token: ${seen.length > 0 ? seen.join(", ") : "it does not have three parts"}`;
}
