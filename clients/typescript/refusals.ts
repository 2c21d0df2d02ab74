/** Not `does not match` alone: certificates do that, too. */
const OTHER_IDENTITY = /oid mismatch|oid .* does not match/;

/** The usual refusals, by the words that the server, the SDK or TLS has for them, each with what to do. */
const REMEDIES: [RegExp, string][] = [
  [/access token has expired/, "a token was kept too long: fetch one for each new connection"],
  [OTHER_IDENTITY, "the identity was made anew, as with a rebuilt VM: pulumi up --refresh"],
  [
    /AAD_AUTH_TOKENTYPE_APP_USER/,
    "the role is bound as another type of principal than this identity: pulumi up --refresh",
  ],
  [
    /valid audience claim/,
    "the token is for another service: POSTGRES_TOKEN_RESOURCE is the resource of the server's cloud",
  ],
  [/no pg_hba\.conf entry/, "the server's firewall: add this machine's address to allowedAddresses"],
  [/certificate|self.signed/i, "PGSSLROOTCERT does not hold the authority that signed the server's certificate"],
  [/database "[^"]*" does not exist/, "PGDATABASE is none of the server's databases"],
  [
    /role "[^"]*" does not exist|password authentication failed|validating the access token/,
    "PGUSER is the role, so the identity's name, letter by letter",
  ],
  [
    /too many (clients|connections)|connection slots/,
    "POOL_SIZE times the clients is more than the server's max_connections",
  ],
  [/permission denied/, "the application's profile does not have this right: pulumi config get --path apps"],
  [/Identity not found|identity_not_found/i, "AZURE_CLIENT_ID is no identity of this VM"],
  [
    /Network unreachable|ManagedIdentityCredential|CredentialUnavailable/,
    "the metadata service does not answer: run this on the VM that has the identity",
  ],
  [/getaddrinfo/, "PGHOST is no name that is known here: compare it with the stack's output"],
  [/ECONNREFUSED/, "the machine answers and the port is closed: start the server, or correct PGPORT"],
  [/timeout|ETIMEDOUT/, "silence is how a firewall refuses: add this machine's address to allowedAddresses"],
];

/** What was said, and the one next thing to do. */
export function explain(error: unknown): string {
  const said = words(error);
  if (said.includes("next:")) return said;
  const [, remedy = "look at the server's state"] = REMEDIES.find(([known]) => known.test(said)) ?? [];
  return `${said.split("\n")[0]}\nnext: ${remedy}`;
}

/** An error in its own words. Node.js tries all addresses of a name, and gives the failures of several without a message. */
export function words(error: unknown): string {
  if (error instanceof AggregateError && !error.message) return error.errors.map(words).join("; ");
  return error instanceof Error ? error.message : String(error);
}

/** Whether the role is not yet this identity's: it is not made, not bound to it, or has no rights. */
export function awaitsRole(error: unknown): boolean {
  const said = words(error);
  return (
    OTHER_IDENTITY.test(said) ||
    /password authentication failed|role "[^"]*" does not exist|permission denied for database/.test(said)
  );
}

/** Whether trying again on another connection can help: the connection broke, the server restarts, or the identity was just replaced. */
export function mayPass(error: unknown): boolean {
  const { code = "", message = "" } = error as { code?: string; message?: string };
  return (
    /^(08|57P0)/.test(code) ||
    /^(ECONN|EPIPE|ETIMEDOUT)/.test(code) ||
    OTHER_IDENTITY.test(message) ||
    /Connection terminated|timeout|validating the access token/.test(message)
  );
}
