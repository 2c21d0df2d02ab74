import { readFileSync } from "node:fs";
import { ManagedIdentityCredential, type TokenCredential } from "@azure/identity";
import pg from "pg";

/** What a token is asked for; the stack's output names the resource of its cloud. */
const SCOPE = `${process.env.POSTGRES_TOKEN_RESOURCE || "https://ossrdbms-aad.database.windows.net"}/.default`;

/** What the stack output `connections.<app>.environment` sets. */
export interface Settings {
  host: string;
  port: number;
  database: string;
  user: string;
  /** PEM of the authorities to trust. */
  ca: string;
  /** Which of the VM's identities is meant; needed where it has more than one. */
  clientId?: string;
}

/** @throws {Error} naming every variable that is missing */
export function settings(env: NodeJS.ProcessEnv = process.env): Settings {
  const needed = ["PGHOST", "PGPORT", "PGDATABASE", "PGUSER", "PGSSLROOTCERT"];
  const missing = needed.filter((name) => !env[name]);
  if (missing.length > 0) {
    throw new Error(
      `Not set: ${missing.join(", ")}.\nnext: eval "$(pulumi stack output connections --json | jq -r .<app>.environment)"`,
    );
  }
  const { PGHOST = "", PGPORT, PGDATABASE = "", PGUSER = "", PGSSLROOTCERT = "", AZURE_CLIENT_ID } = env;
  const ca = readFileSync(PGSSLROOTCERT, "utf8");
  return {
    host: PGHOST,
    port: Number(PGPORT),
    database: PGDATABASE,
    user: PGUSER,
    ca,
    ...(AZURE_CLIENT_ID ? { clientId: AZURE_CLIENT_ID } : {}),
  };
}

/**
 * A pool that logs in with a token that is still good, for each new connection. An open connection outlives its token; the maximum
 * lifetime sees to it that an identity that was replaced does not keep one for ever.
 */
export function entraPool(where: Settings, size = 5, maxLifetimeSeconds = 1800, token = databaseToken(where)): pg.Pool {
  const pool = new pg.Pool({
    host: where.host,
    port: where.port,
    database: where.database,
    user: where.user,
    password: token,
    ssl: { rejectUnauthorized: true, ca: where.ca },
    max: size,
    maxLifetimeSeconds,
    connectionTimeoutMillis: 15_000,
  });
  // A connection that breaks while it is idle is no reason to end: the next query gets another one.
  pool.on("error", () => {});
  return pool;
}

/** Gives a token of the VM's identity that is still good. */
export function databaseToken({ clientId }: Pick<Settings, "clientId">): () => Promise<string> {
  // By name, not the SDK's default chain: on a VM only this can be meant, and a wrong answer would come sooner.
  return cached(clientId ? new ManagedIdentityCredential({ clientId }) : new ManagedIdentityCredential());
}

/**
 * Asks for a token when the last one nears its end: within a minute of it, or the last tenth of a life that is shorter. All who want one
 * meanwhile wait for the same answer.
 */
export function cached(credential: TokenCredential): () => Promise<string> {
  const ask = async () => {
    const asked = Date.now();
    const answer = await credential.getToken(SCOPE);
    if (!answer) throw new Error("The credential gave no token.");
    const { token, expiresOnTimestamp: end } = answer;
    return { token, goodUntil: end - Math.max(Math.min(60_000, (end - asked) / 10), 1_500) };
  };
  let last = Promise.resolve({ token: "", goodUntil: 0 });
  return async () => {
    last = last.then((known) => (known.goodUntil > Date.now() ? known : ask()), ask);
    return (await last).token;
  };
}
