import type { ErrorTable } from "./entry.ts";

/** Reaching a PostgreSQL server, logging in to it as its administrator, and what it answers to statements. */
export const POSTGRES_ERRORS = {
  "EP-PG-01": {
    title: "The server's TLS certificate cannot be verified",
    meaning:
      "No authority that this machine trusts signed the certificate for this host name. Azure's certificates verify.",
    next: "set databaseCaCert to the authority that signed it, or remove the proxy that replaces Azure's certificate",
    outside: [
      {
        phase: "connect",
        node: [
          "SELF_SIGNED_CERT_IN_CHAIN",
          "DEPTH_ZERO_SELF_SIGNED_CERT",
          "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
          "UNABLE_TO_GET_ISSUER_CERT",
          "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
          "ERR_TLS_CERT_ALTNAME_INVALID",
          "CERT_HAS_EXPIRED",
          "CERT_NOT_YET_VALID",
          "CERT_SIGNATURE_FAILURE",
          "CERT_UNTRUSTED",
          "ERR_SSL_UNSUPPORTED_PROTOCOL",
          "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION",
          "ERR_SSL_WRONG_VERSION_NUMBER",
          "EPROTO",
        ],
      },
    ],
  },
  "EP-PG-02": {
    title: "The server does not speak TLS",
    meaning: "An Azure server always speaks TLS, so another program answers at this address. No token was sent.",
    next: "correct the host and port",
    outside: [{ phase: "connect", text: /does not support SSL|error response for SSL/i }],
  },
  "EP-PG-03": {
    title: "The server's firewall refused this machine's address",
    meaning:
      "No firewall rule of the server allows the address, which the server's error names, or a new rule has no effect yet.",
    next: "add the address to allowedAddresses, then run `pulumi up`",
    outside: [{ text: /no pg_hba\.conf entry/ }],
  },
  "EP-PG-04": {
    title: "The server refused the access token",
    meaning:
      "The token has expired, is for another service or tenant, or belongs to an identity that is not an administrator.",
    next: "log in again as the administrator or a member of the administrators' group (az login); compare the clock",
    outside: [
      { phase: "connect", text: /error occurred while validating the access token|valid audience claim/ },
      { text: /access token has expired/i },
      { phase: "connect", sqlState: "28P01" },
    ],
  },
  "EP-PG-05": {
    title: "The identity may not log in as this role",
    meaning:
      "The role is bound to another identity than the token's, such as that of a VM before it was recreated, or it may not log in.",
    next: "run `pulumi up --refresh`, which binds an application's role again; log in as the administrator that adminUser names",
    outside: [
      { text: /Service principal oid mismatch for role|oid in the access token does not match/i },
      { phase: "connect", sqlState: "28000" },
    ],
  },
  "EP-PG-06": {
    title: "The database does not exist",
    meaning: "The server has no database of this name. Every flexible server has the database postgres.",
    next: "correct the name, or name the database in databases of EntraPostgresServer",
    outside: [{ phase: "connect", sqlState: "3D000" }],
  },
  "EP-PG-07": {
    title: "The server's host name does not resolve",
    meaning: "DNS has no address for the server. The name of a new server can take minutes to appear.",
    next: "check the server's name and this machine's DNS, which must know the private zone of a private server",
    outside: [
      { phase: "connect", node: ["ENOTFOUND", "EAI_AGAIN"] },
      { text: /lookup \S*\.postgres\.database\.azure\.com[^\n]*no such host/ },
    ],
  },
  "EP-PG-08": {
    title: "Nothing listens on the server's port",
    meaning: "The machine answers and the port is closed: the server is stopped, or the port is wrong.",
    next: "start the server (az postgres flexible-server start), or correct databasePort",
    outside: [{ phase: "connect", node: "ECONNREFUSED" }, { text: /dial tcp [^\n]*:(?:5432|6432): connect: / }],
  },
  "EP-PG-09": {
    title: "The server does not answer",
    meaning: "No response came in time. A firewall usually drops packets silently.",
    next: "add this machine's address to allowedAddresses, or run inside the private server's network",
    outside: [
      { phase: "connect", node: ["ETIMEDOUT", "EHOSTUNREACH", "ENETUNREACH"] },
      { phase: "connect", text: /timeout expired/ },
      { text: /dial tcp [^\n]*:(?:5432|6432): i\/o timeout/ },
    ],
  },
  "EP-PG-10": {
    title: "The connection to the server failed",
    meaning: "The connection could not be opened, or it broke during the work. A retry first reads what is there.",
    next: "run `pulumi up` again; if it fails again, look at the server's state in the portal",
    outside: [
      { node: ["ECONNRESET", "EPIPE", "ECONNABORTED", "ETIMEDOUT"] },
      { sqlState: ["08000", "08001", "08003", "08004", "08006", "08007"] },
      {
        text: /Connection terminated|Client network socket disconnected|[Cc]onnection ended|Query read timeout|socket hang up/,
      },
    ],
  },
  "EP-PG-11": {
    title: "The server is starting or stopping",
    meaning: "A restart, a failover or maintenance ended the session, or the server does not accept sessions yet.",
    next: "run `pulumi up` again; if it fails again, look at the server's state in the portal",
    outside: [{ sqlState: ["57P01", "57P02", "57P03", "57P05"] }],
  },
  "EP-PG-12": {
    title: "The server has no free connection",
    meaning: "max_connections is reached. This program uses at most two connections at a time.",
    next: "raise max_connections or close sessions, then run `pulumi up` again",
    outside: [{ sqlState: "53300" }],
  },
  "EP-PG-13": {
    title: "The server is out of a resource",
    meaning: "Storage, memory or a configured limit is exhausted.",
    next: "raise the server's storage or size, then run `pulumi up` again",
    outside: [{ sqlState: ["53000", "53100", "53200", "53400", "58000", "58030"] }],
  },
  "EP-PG-14": {
    title: "Another session changed the same thing",
    meaning: "Two transactions conflicted, and PostgreSQL rolled this one back.",
    next: "run `pulumi up` again",
    outside: [
      { sqlState: ["40001", "40P01"] },
      { sqlState: "XX000", text: /tuple concurrently (updated|deleted)|cache lookup failed/ },
      // Two sessions inserted one row of a catalog.
      { sqlState: "23505", text: /"pg_(?!authid_rolname_index)\w+_index"/ },
    ],
  },
  "EP-PG-15": {
    title: "Another session holds a lock",
    meaning:
      "A transaction stayed open for longer than this program waits. The error lists the oldest open transactions.",
    next: "end that transaction, or as an administrator: SELECT pg_terminate_backend(<process>); then run `pulumi up` again",
    outside: [{ sqlState: "55P03" }],
  },
  "EP-PG-16": {
    title: "The server is read-only",
    meaning: "The host is a replica, or a failover is under way.",
    next: "connect to the primary, not to a replica; after a failover run `pulumi up` again",
    outside: [{ sqlState: "25006" }],
  },
  "EP-PG-17": {
    title: "The Entra functions do not exist in this database",
    meaning:
      "The functions pgaadauth_* exist only in the database postgres of a server with Microsoft Entra authentication.",
    next: 'set database to "postgres", and authConfig.activeDirectoryAuth of the server to Enabled',
    outside: [{ sqlState: "42883" }, { text: /function pgaadauth_\w+\(.*\) does not exist/ }],
  },
  "EP-PG-18": {
    title: "Permission denied",
    meaning:
      "The role lacks the right. Flexible-server administrators are not PostgreSQL superusers; only administrators may create in schema public.",
    next: "log in as a Microsoft Entra administrator of the server; let applications create in their own schema",
    outside: [{ sqlState: "42501" }, { text: /permission denied for schema public/ }],
  },
  "EP-PG-19": {
    title: "Other objects depend on what the role owns",
    meaning: "PostgreSQL does not drop objects on which objects of other roles depend.",
    next: 'set onDelete to "reassign", or drop the dependent objects that the server names',
    outside: [{ sqlState: "2BP01" }],
  },
  "EP-PG-20": {
    title: "A statement took too long",
    meaning: "Each statement may take 60 seconds.",
    next: "find out what keeps the server busy, then run `pulumi up` again",
    outside: [{ sqlState: "57014" }],
  },
  "EP-PG-21": {
    title: "A statement failed",
    meaning: "PostgreSQL refused a statement for a reason that has no code of its own here.",
    next: "see the server's message, then run `pulumi up` again",
  },
  "EP-PG-22": {
    title: "Certificate verification is switched off",
    meaning: "NODE_TLS_REJECT_UNAUTHORIZED=0 would send tokens to any server that answers.",
    next: "unset NODE_TLS_REJECT_UNAUTHORIZED; set caCert (databaseCaCert in this program) to the authority to trust",
  },
  "EP-PG-23": {
    title: "The login is not an administrator of the server",
    meaning:
      "The deployer's token belongs to an identity that does not administer the server, or does so under another name.",
    next: "log in as one of the administrators that the error names (az login), or add this login to them",
  },
} as const satisfies ErrorTable;
