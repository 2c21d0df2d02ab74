import assert from "node:assert/strict";
import { test } from "node:test";
import { Failure, type Phase } from "../../../components/postgres/failure.ts";
import { RETRY_TABLE, retryRule } from "../../../components/postgres/retryTable.ts";

/** What a failure with this code and text comes to: why never, or what is waited for and how often. */
function verdict(phase: Phase, code: string, message: string): string {
  const rule = retryRule(new Failure(phase, Object.assign(new Error(message), code ? { code } : {})));
  if (!rule) {
    return "never";
  }
  if ("never" in rule.retry) {
    return `never: ${rule.name}`;
  }
  const { tries, seconds, waitingFor } = rule.retry;
  return `${tries ?? "any"} in ${seconds ?? "deadline"}: ${waitingFor}`;
}

// The text of each is what the server, Node.js or `pg` really says.
const CASES: [Phase, string, string, string][] = [
  [
    "token",
    "",
    "ManagedIdentityCredential: ... Message Cannot read properties of undefined (reading 'expires_on')",
    "4 in deadline: the token service",
  ],
  ["token", "", "ManagedIdentityCredential: ... Description: Identity not found", "never: there is no token"],
  ["token", "", "ManagedIdentityCredential: Network unreachable. Message: network_error", "never: there is no token"],
  [
    "token",
    "",
    "invalid_client: Error(s): 700024 - Description: AADSTS700024: Client assertion is not within its valid time range.",
    "never: the OIDC assertion is over, or no federated credential matches it",
  ],
  [
    "token",
    "",
    "invalid_request: AADSTS700213: No matching federated identity record found for presented assertion subject 'x'.",
    "never: the OIDC assertion is over, or no federated credential matches it",
  ],
  ["token", "", "AADSTS7000215: Invalid client secret provided. 2026-01-01T00:00:00.4296Z", "never: there is no token"],
  ["token", "", "the OIDC endpoint of ACTIONS_ID_TOKEN_REQUEST_URL answered 503", "4 in deadline: the token service"],
  ["token", "", "the OIDC endpoint of ACTIONS_ID_TOKEN_REQUEST_URL answered 401", "never: there is no token"],
  ["azure", "429", "TooManyRequests: The request is being throttled.", "any in deadline: Azure's resource manager"],
  ["azure", "503", "an answer that is no list of firewall rules", "any in deadline: Azure's resource manager"],
  ["azure", "ENOTFOUND", "getaddrinfo ENOTFOUND management", "any in deadline: a way to Azure's resource manager"],
  ["azure", "UND_ERR_CONNECT_TIMEOUT", "Connect Timeout", "any in deadline: a way to Azure's resource manager"],
  ["azure", "403", "AuthorizationFailed: The client does not have authorization to perform action", "never"],
  ["azure", "404", "ResourceNotFound: The Resource was not found.", "never"],
  ["azure", "CERT_HAS_EXPIRED", "certificate has expired", "never"],
  ["connect", "DEPTH_ZERO_SELF_SIGNED_CERT", "self-signed certificate", "never: TLS cannot be verified"],
  ["connect", "ERR_TLS_CERT_ALTNAME_INVALID", "Hostname/IP does not match", "never: TLS cannot be verified"],
  ["connect", "CERT_HAS_EXPIRED", "certificate has expired", "never: TLS cannot be verified"],
  ["connect", "", "The server does not support SSL connections", "never: the server does not speak TLS"],
  ["connect", "ENOTFOUND", "getaddrinfo ENOTFOUND db", "any in 90: the server's name to appear in DNS"],
  ["connect", "EAI_AGAIN", "getaddrinfo EAI_AGAIN db", "any in 90: the server's name to appear in DNS"],
  ["connect", "ECONNREFUSED", "connect ECONNREFUSED", "any in 60: the server to take connections"],
  ["connect", "ETIMEDOUT", "connect ETIMEDOUT", "1 in deadline: an answer of the server"],
  ["connect", "", "timeout expired", "1 in deadline: an answer of the server"],
  ["connect", "ECONNRESET", "read ECONNRESET", "any in 120: the connection to last"],
  ["connect", "28000", 'no pg_hba.conf entry for host "1.2.3.4"', "1 in deadline: a firewall rule to take effect"],
  ["connect", "28000", "Service principal oid mismatch for role", "never: the login was refused"],
  ["connect", "28000", "The access token has expired", "1 in deadline: another token"],
  [
    "connect",
    "28000",
    "An error occurred while validating the access token. Please acquire a new token and retry.",
    "1 in deadline: another token",
  ],
  ["connect", "28P01", 'password authentication failed for user "a"', "1 in deadline: another token"],
  ["connect", "57P03", "the database system is starting up", "any in deadline: the server to start"],
  ["connect", "53300", "sorry, too many clients already", "any in deadline: a free connection"],
  ["connect", "3D000", 'database "x" does not exist', "1 in deadline: a new database to appear"],
  ["statement", "57P01", "terminating connection due to administrator command", "any in deadline: the server to start"],
  ["statement", "", "Connection terminated unexpectedly", "any in 120: the connection to last"],
  ["commit", "", "Connection terminated unexpectedly", "any in 120: the connection to last"],
  ["statement", "40P01", "deadlock detected", "10 in deadline: another transaction"],
  ["statement", "40001", "could not serialize access", "10 in deadline: another transaction"],
  [
    "statement",
    "55P03",
    "canceling statement due to lock timeout",
    "any in deadline: another session to end its transaction",
  ],
  ["statement", "XX000", "tuple concurrently updated", "10 in deadline: another session's change"],
  ["statement", "XX000", "cache lookup failed for role 16400", "10 in deadline: another session's change"],
  [
    "statement",
    "XX000",
    "incorrect object type provided for principal, given object type: 'user', actual object type: 'service'",
    "never: the principal is of another type",
  ],
  ["statement", "XX000", "something else inside", "never"],
  [
    "statement",
    "XX000",
    "Could not validate AAD user orders because its name is not found in the tenant.",
    "any in waitSeconds: the identity to reach the directory",
  ],
  [
    "statement",
    "0LP01",
    "An unexpected error occurred while trying to validate user",
    "3 in deadline: the server to reach the directory",
  ],
  ["statement", "23505", 'violates "pg_authid_rolname_index"', "3 in deadline: a look at the role that somebody made"],
  ["statement", "23505", 'violates "orders_pkey"', "never"],
  ["statement", "42710", 'role "orders" already exists', "3 in deadline: a look at the role that somebody made"],
  ["statement", "42883", "function does not exist", "never: the function does not exist"],
  ["statement", "42704", 'role "x" does not exist', "1 in deadline: another look at the role"],
  ["statement", "42501", "permission denied", "never"],
  ["statement", "2BP01", "cannot be dropped because some objects depend on it", "never"],
  ["statement", "57014", "canceling statement due to statement timeout", "never"],
  ["statement", "25006", "cannot execute in a read-only transaction", "1 in deadline: a server that takes writes"],
  [
    "statement",
    "53100",
    "could not extend file: No space left on device",
    "3 in deadline: the server to have room again",
  ],
  ["statement", "55006", "current user cannot be dropped", "never"],
  ["statement", "08P01", "protocol violation", "never"],
];

for (const [phase, code, message, expected] of CASES) {
  test(`${code || "no code"}, "${message}", at ${phase}`, () => {
    assert.equal(verdict(phase, code, message), expected);
  });
}

test("Node.js's own codes are told from the server's", () => {
  const isServers = (code: string) => new Failure("commit", Object.assign(new Error(""), { code })).bySqlState;
  assert.deepEqual(["57P01", "XX000", "P0001", "0LP01", "42883"].map(isServers), [true, true, true, true, true]);
  assert.deepEqual(["EPIPE", "EPERM", "EBUSY", "ECONNRESET", ""].map(isServers), [false, false, false, false, false]);
});

test("every rule of the table is one of these cases", () => {
  const reached = new Set(
    CASES.map(([phase, code, message]) => retryRule(new Failure(phase, Object.assign(new Error(message), { code })))),
  );
  assert.deepEqual(
    RETRY_TABLE.filter((rule) => !reached.has(rule)).map(({ name }) => name),
    [],
  );
});
