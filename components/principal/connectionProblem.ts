import type { AdminEndpoint } from "./adminSession.ts";
import { Explained } from "./explained.ts";

/** What Node.js says when a certificate is not to be trusted, or when the server would not speak TLS. */
const TLS_CODES = new Set([
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "CERT_SIGNATURE_FAILURE",
  "EPROTO",
]);

/** The explanation of a failed login, in three kinds that call for three different actions: unreachable, TLS, refused. */
export function connectionProblem(endpoint: AdminEndpoint, error: unknown): Error {
  if (error instanceof Explained) {
    return error;
  }
  const { code = "", message } = causeOf(error);
  const at = `${endpoint.host}:${endpoint.port}/${endpoint.database}`;
  if (TLS_CODES.has(code) || /does not support SSL/.test(message)) {
    return new Explained({
      step: "verifying the server's TLS certificate",
      at,
      expected: `a certificate for ${endpoint.host} from a trusted authority`,
      found: `${message}${code ? ` (${code})` : ""}`,
      remedy: endpoint.caCert
        ? "check that databaseCaCert holds the authority that signed this server's certificate"
        : "Azure's certificates verify as they are: look for a proxy that replaces them, or set databaseCaCert",
    });
  }
  const blocked = /no pg_hba\.conf entry for host "([^"]+)"/.exec(message);
  if (blocked) {
    return new Explained({
      step: "passing the server's firewall",
      at,
      expected: `a firewall rule that lets ${blocked[1]} in`,
      found: message,
      remedy: `pulumi config set --path 'allowedAddresses[0]' ${blocked[1]} && pulumi up`,
    });
  }
  if (code === "28P01" || code === "28000" || /token|oid mismatch/i.test(message)) {
    return new Explained({
      step: `logging in as the Entra administrator "${endpoint.adminUser}"`,
      at,
      expected: "the server to accept the deployer's token for that role",
      found: `${message}${code ? ` (SQLSTATE ${code})` : ""}`,
      remedy:
        "log in as that administrator or as a member of that group (az login), or set adminObjectId, adminName and adminType",
    });
  }
  if (code === "3D000") {
    return new Explained({
      step: "opening the database",
      at,
      expected: `a database named "${endpoint.database}"`,
      found: message,
      remedy: 'set database to "postgres", which every flexible server has',
    });
  }
  return new Explained({
    step: "reaching the database server",
    at,
    expected: `an answer on port ${endpoint.port}`,
    found: `${message}${code ? ` (${code})` : ""}`,
    remedy: reachRemedy(code, message),
  });
}

function reachRemedy(code: string, message: string): string {
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
    return "check the server's name and this machine's DNS; a new server's name can take minutes to appear";
  }
  if (code === "ECONNREFUSED") {
    return "start the server (az postgres flexible-server start), or correct databasePort";
  }
  if (code === "ETIMEDOUT" || /timeout/i.test(message)) {
    return "add this machine's address to allowedAddresses: silence is how a firewall refuses";
  }
  return "run `pulumi up` again; if it fails again, look at the server's state in the portal";
}

/** Node.js wraps the attempts on a name's several addresses in one AggregateError with an empty message. */
function causeOf(error: unknown): { code?: string; message: string } {
  const first = error instanceof AggregateError && error.errors.length > 0 ? error.errors[0] : error;
  if (first instanceof Error) {
    const code = (error as { code?: unknown }).code ?? (first as { code?: unknown }).code;
    return { message: first.message, ...(typeof code === "string" ? { code } : {}) };
  }
  return { message: String(first) };
}
