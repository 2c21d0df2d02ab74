import assert from "node:assert/strict";
import { test } from "node:test";
import type { ErrorCode } from "../../../components/errors/errorTable.ts";
import type { Phase } from "../../../components/errors/table/entry.ts";
import { Failure } from "../../../components/postgres/failure.ts";
import { RETRY_TABLE } from "../../../components/postgres/retryTable.ts";

function errorCode(phase: Phase, code: string, message: string): ErrorCode | undefined {
  return new Failure(phase, Object.assign(new Error(message), code ? { code } : {})).errorCode;
}

// The text of each is what the server, Node.js or `pg` really says.
const CASES: [Phase, string, string, ErrorCode | undefined][] = [
  ["token", "", "Message Cannot read properties of undefined (reading 'expires_on')", "EP-AZ-05"],
  ["token", "", "the OIDC endpoint of ACTIONS_ID_TOKEN_REQUEST_URL answered 503", "EP-AZ-05"],
  ["token", "", "the OIDC endpoint of ACTIONS_ID_TOKEN_REQUEST_URL answered 401", undefined],
  ["token", "", "ManagedIdentityCredential: ... Description: Identity not found", undefined],
  ["token", "", "ManagedIdentityCredential: Network unreachable. Message: network_error", undefined],
  ["token", "ECONNRESET", "socket hang up", undefined],
  ["token", "", "AADSTS700024: Client assertion is not within its valid time range; temporarily", "EP-AZ-02"],
  ["token", "", "AADSTS700213: No matching federated identity record found", "EP-AZ-03"],
  ["token", "", "AADSTS7002138: No configured federated identity credentials", "EP-AZ-03"],
  ["token", "", "AADSTS7000215: Invalid client secret provided. 2026-01-01T00:00:00.4296Z", "EP-AZ-13"],
  ["token", "", "ARM_USE_OIDC is set, and none of ARM_OIDC_TOKEN", "EP-AZ-04"],
  ["token", "", "not a JSON web token: nothing", "EP-AZ-06"],
  ["azure", "429", "TooManyRequests: The request is being throttled.", "EP-AZ-11"],
  ["azure", "503", "a response that is not a list of firewall rules", "EP-AZ-11"],
  ["azure", "ENOTFOUND", "getaddrinfo ENOTFOUND management", "EP-AZ-12"],
  ["azure", "ECONNRESET", "read ECONNRESET", "EP-AZ-12"],
  ["azure", "REQUEST_SEND_ERROR", "the request was not sent", "EP-AZ-12"],
  ["azure", "409", "AnotherOperationInProgress: Another operation is in progress.", "EP-AZ-17"],
  ["azure", "409", "ServerIsBusy: Cannot complete operation while server is busy.", "EP-AZ-17"],
  ["azure", "409", "AadAuthOperationCannotBePerformedWhenServerIsNotAccessible: not accessible", "EP-AZ-17"],
  ["azure", "403", "AuthorizationFailed: The client does not have authorization to perform action", "EP-AZ-16"],
  ["azure", "404", "ResourceNotFound: The Resource was not found.", undefined],
  ["azure", "CERT_HAS_EXPIRED", "certificate has expired", undefined],
  ["connect", "DEPTH_ZERO_SELF_SIGNED_CERT", "self-signed certificate", "EP-PG-01"],
  ["connect", "ERR_TLS_CERT_ALTNAME_INVALID", "Hostname/IP does not match", "EP-PG-01"],
  ["connect", "", "The server does not support SSL connections", "EP-PG-02"],
  ["connect", "28000", 'no pg_hba.conf entry for host "1.2.3.4"', "EP-PG-03"],
  ["connect", "28000", "The access token has expired", "EP-PG-04"],
  ["connect", "28000", "An error occurred while validating the access token. Please acquire a new token", "EP-PG-04"],
  ["connect", "28P01", 'password authentication failed for user "a"', "EP-PG-04"],
  ["connect", "28000", "Service principal oid mismatch for role", "EP-PG-05"],
  ["connect", "28000", "role is not permitted to log in", "EP-PG-05"],
  ["connect", "3D000", 'database "x" does not exist', "EP-PG-06"],
  ["connect", "ENOTFOUND", "getaddrinfo ENOTFOUND db", "EP-PG-07"],
  ["connect", "EAI_AGAIN", "getaddrinfo EAI_AGAIN db", "EP-PG-07"],
  ["connect", "ECONNREFUSED", "connect ECONNREFUSED", "EP-PG-08"],
  ["connect", "ETIMEDOUT", "connect ETIMEDOUT", "EP-PG-09"],
  ["connect", "", "timeout expired", "EP-PG-09"],
  ["connect", "ECONNRESET", "read ECONNRESET", "EP-PG-10"],
  ["statement", "", "Connection terminated unexpectedly", "EP-PG-10"],
  ["commit", "", "Connection terminated unexpectedly", "EP-PG-10"],
  ["statement", "08006", "connection failure", "EP-PG-10"],
  ["connect", "57P03", "the database system is starting up", "EP-PG-11"],
  ["statement", "57P01", "terminating connection due to administrator command", "EP-PG-11"],
  ["connect", "53300", "sorry, too many clients already", "EP-PG-12"],
  ["statement", "53100", "could not extend file: No space left on device", "EP-PG-13"],
  ["statement", "40P01", "deadlock detected", "EP-PG-14"],
  ["statement", "40001", "could not serialize access", "EP-PG-14"],
  ["statement", "XX000", "tuple concurrently updated", "EP-PG-14"],
  ["statement", "XX000", "cache lookup failed for role 16400", "EP-PG-14"],
  ["statement", "XX000", "something else inside", undefined],
  ["statement", "55P03", "canceling statement due to lock timeout", "EP-PG-15"],
  ["statement", "25006", "cannot execute in a read-only transaction", "EP-PG-16"],
  ["statement", "42883", "function does not exist", "EP-PG-17"],
  ["statement", "42501", "permission denied", "EP-PG-18"],
  ["statement", "2BP01", "cannot be dropped because some objects depend on it", "EP-PG-19"],
  ["statement", "57014", "canceling statement due to statement timeout", "EP-PG-20"],
  ["statement", "0LP01", "Could not validate user x because its name is not found in the tenant.", "EP-ROLE-14"],
  [
    "statement",
    "XX000",
    'Cannot validate Microsoft Entra ID user "x" because its name isn\'t found in the tenant.',
    "EP-ROLE-14",
  ],
  ["statement", "P0001", "Could not validate AAD user x because its name is not unique in the tenant.", "EP-ROLE-21"],
  [
    "statement",
    "XX000",
    'Cannot validate Microsoft Entra ID user "x" because its name isn\'t unique in the tenant.',
    "EP-ROLE-21",
  ],
  ["statement", "XX000", "incorrect object type provided for principal", "EP-ROLE-15"],
  ["statement", "0LP01", "An unexpected error occurred while trying to validate user", "EP-ROLE-16"],
  [
    "statement",
    "0LP01",
    "An unexpected error occurred while trying to validate Microsoft Entra ID user x",
    "EP-ROLE-16",
  ],
  ["statement", "42704", 'role "x" does not exist', "EP-ROLE-17"],
  ["statement", "42710", 'role "orders" already exists', "EP-ROLE-18"],
  ["statement", "23505", 'violates "pg_authid_rolname_index"', "EP-ROLE-18"],
  ["statement", "23505", 'violates "orders_pkey"', undefined],
  ["statement", "55006", "current user cannot be dropped", undefined],
  ["statement", "08P01", "protocol violation", undefined],
];

for (const [phase, code, message, expected] of CASES) {
  test(`${code || "no code"}, "${message}", at ${phase}`, () => {
    assert.equal(errorCode(phase, code, message), expected);
  });
}

test("every error that is retried is one of these cases", () => {
  const reached = new Set(CASES.map(([, , , expected]) => expected));
  assert.deepEqual(
    Object.keys(RETRY_TABLE).filter((code) => !reached.has(code as ErrorCode)),
    [],
  );
});

test("what another try cannot change is not retried", () => {
  const never: ErrorCode[] = ["EP-AZ-01", "EP-AZ-02", "EP-AZ-03", "EP-PG-01", "EP-PG-02", "EP-PG-05", "EP-PG-17"];
  const others: ErrorCode[] = ["EP-PG-18", "EP-PG-19", "EP-PG-20", "EP-PG-21", "EP-ROLE-15", "EP-AZ-16"];
  assert.deepEqual(
    [...never, ...others].filter((code) => RETRY_TABLE[code]),
    [],
  );
});

test("Node.js's own codes are told from the server's", () => {
  const isServers = (code: string) => new Failure("commit", Object.assign(new Error(""), { code })).bySqlState;
  assert.deepEqual(["57P01", "XX000", "P0001", "0LP01", "42883"].map(isServers), [true, true, true, true, true]);
  assert.deepEqual(["EPIPE", "EPERM", "EBUSY", "ECONNRESET", ""].map(isServers), [false, false, false, false, false]);
});
