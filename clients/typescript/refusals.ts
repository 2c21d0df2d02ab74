/** The usual refusals, by the words that the server, the SDK or TLS has for them, each with what to do. */
const REMEDIES: [RegExp, string][] = [
  [/access token has expired/, "a token was kept too long: fetch one for each new connection"],
  [/oid mismatch|does not match/, "the identity was made anew, as with a rebuilt VM: pulumi up --refresh"],
  [/no pg_hba\.conf entry/, "the server's firewall: add this machine's address to allowedAddresses"],
  [/certificate|self.signed/i, "PGSSLROOTCERT does not hold the authority that signed the server's certificate"],
  [/database "[^"]*" does not exist/, "PGDATABASE is none of the server's databases"],
  [
    /role "[^"]*" does not exist|password authentication failed|validating the access token/,
    "PGUSER is the role, so the identity's name, letter by letter",
  ],
  [/permission denied/, "the application's profile does not have this right: pulumi config get --path apps"],
  [/Identity not found|identity_not_found/i, "AZURE_CLIENT_ID is no identity of this VM"],
  [
    /Network unreachable|ManagedIdentityCredential|CredentialUnavailable/,
    "the metadata service does not answer: run this on the VM that has the identity",
  ],
];

/** What was said, and the one next thing to do. */
export function explain(error: unknown): string {
  const said = error instanceof Error ? error.message.split("\n")[0] : String(error);
  const [, remedy] = REMEDIES.find(([words]) => words.test(error instanceof Error ? error.message : "")) ?? [];
  return error instanceof Error && error.message.includes("next:")
    ? error.message
    : `${said}\nnext: ${remedy ?? "look at the server's state"}`;
}

/** Whether trying again on another connection can help: the connection broke, the server restarts, or the identity was just replaced. */
export function mayPass(error: unknown): boolean {
  const { code = "", message = "" } = error as { code?: string; message?: string };
  return (
    /^(08|57P0)/.test(code) ||
    /^(ECONN|EPIPE|ETIMEDOUT)/.test(code) ||
    /Connection terminated|timeout|oid mismatch|does not match|validating the access token/.test(message)
  );
}
