import { ruleFor } from "../azure/ruleFor.ts";
import type { TokenClaims } from "../azure/tokenClaims.ts";
import { tokenProblem } from "../azure/tokenProblem.ts";
import type { ErrorCode } from "../errors/errorTable.ts";
import { type Explanation, UserError } from "../errors/userError.ts";
import { type Session, withAdminSession } from "./adminSession.ts";
import { Deadline } from "./deadline.ts";
import { errorLocation, type Subject } from "./errorLocation.ts";
import type { Failure } from "./failure.ts";
import { refusedAddress } from "./firewallWait.ts";
import { permissionDenied } from "./permissionDenied.ts";

/** What an explanation may use. */
interface Circumstances {
  subject: Subject;
  failure: Failure;
  /** " within 300 s (deadlineSeconds)" where the deadline ended the work. */
  within: string;
}

/** What a code's error says beyond the error table. */
type Details = Partial<Pick<Explanation, "step" | "expected" | "found" | "remedy">>;

/** The error for the last failure of an operation. A failure that the table does not know is passed on with the server's own words. */
export async function explain(
  subject: Subject,
  step: string,
  failure: Failure,
  deadline: Deadline,
): Promise<UserError> {
  const at = errorLocation(subject);
  if (failure.phase === "token") {
    return tokenProblem(failure, at);
  }
  const within = deadline.over ? ` within ${deadline.seconds} s (deadlineSeconds)` : "";
  const connecting = failure.phase === "connect";
  const code = failure.errorCode ?? (connecting || !failure.bySqlState ? "EP-PG-10" : "EP-PG-21");
  const details = await DETAILS[code]?.({ subject, failure, within });
  return new UserError({
    code,
    step: connecting ? "connecting to the database server" : step,
    at,
    expected: connecting
      ? `a response on port ${subject.port}${within}`
      : `a connection and a server that last${within}`,
    found:
      connecting && !failure.bySqlState
        ? `${failure.words}, while ${failure.stage ?? "opening the connection"}`
        : failure.words,
    ...details,
  });
}

const VERIFYING = "verifying the server's TLS certificate";

const DETAILS: { readonly [code in ErrorCode]?: (circumstances: Circumstances) => Details | Promise<Details> } = {
  "EP-PG-01": ({ subject, failure }) => ({
    step: VERIFYING,
    expected: `a certificate for ${subject.host} from a trusted authority, over TLS 1.2 or later`,
    found: failure.words,
    ...(subject.caCert ? { remedy: "set databaseCaCert to the authority that signed this server's certificate" } : {}),
  }),
  "EP-PG-02": ({ failure }) => ({ step: VERIFYING, expected: "a server that speaks TLS", found: failure.words }),
  "EP-PG-03": async ({ subject, failure }) => {
    const address = refusedAddress(failure) ?? "this machine's address";
    const step = "passing the server's firewall";
    const rule = subject.serverId && (await ruleFor(subject.serverId, address, new Deadline(5)));
    if (rule && rule !== "none") {
      return {
        step,
        expected: `the firewall rule "${rule.name}" to take effect within ${subject.deadlineSeconds} s (deadlineSeconds)`,
        remedy: "run `pulumi up` again: a rule takes up to five minutes to take effect",
      };
    }
    return {
      step,
      expected: `a firewall rule that allows ${address}`,
      remedy: `add ${address} to allowedAddresses, beside those that \`pulumi config get allowedAddresses\` shows; then \`pulumi up\``,
    };
  },
  "EP-PG-04": refusedLogin,
  "EP-PG-05": refusedLogin,
  "EP-PG-06": ({ subject }) => ({
    step: "opening the database",
    expected: `a database named "${subject.database}"`,
    remedy:
      subject.schema === undefined
        ? 'set database to "postgres", which every flexible server has'
        : "name the database in databases of EntraPostgresServer, or correct the name",
  }),
  "EP-PG-09": ({ failure }) =>
    failure.stage === "opening the connection"
      ? {}
      : { remedy: "the server stopped responding: look at its state in the portal, then run `pulumi up` again" },
  "EP-PG-15": async ({ subject, failure }) => {
    const holders = await lockHolders(subject);
    return {
      expected: `no other session that holds the ${subject.schema === undefined ? "role" : "schema"}`,
      found: `${failure.words}${holders.length > 0 ? `; open transactions: ${holders.join("; ")}` : ""}`,
    };
  },
  "EP-PG-16": () => ({ expected: "a server that accepts writes" }),
  "EP-PG-17": ({ subject }) =>
    subject.database === "postgres"
      ? {
          expected: "a server with Microsoft Entra authentication enabled",
          remedy: "enable it: authConfig.activeDirectoryAuth = Enabled, with at least one Entra administrator",
        }
      : {
          expected: 'the functions pgaadauth_*, which exist only in database "postgres"',
          remedy: `set database to "postgres" instead of "${subject.database}"`,
        },
  "EP-PG-18": permissionDenied,
  "EP-PG-19": () => ({ expected: "no object of another role that depends on what the role owns" }),
  "EP-PG-20": () => ({ expected: "each statement to end within 60 s" }),
  "EP-PG-21": () => ({ expected: "the statement to succeed" }),
  "EP-ROLE-14": ({ subject }) => ({
    expected: `a principal named "${subject.roleName}", with object id ${subject.objectId}, in the server's tenant within ${subject.waitSeconds} s`,
  }),
  "EP-ROLE-15": ({ subject }) => ({
    expected: `principalType to be the identity's own type; "${subject.principalType}" was given`,
  }),
  "EP-ROLE-16": () => ({ expected: "a server that can query the directory" }),
  "EP-ROLE-17": () => ({ expected: "every named role to exist" }),
};

function refusedLogin({ subject, failure }: Circumstances): Details {
  const remedy = tokenRemedy(failure);
  return {
    step: `logging in as the Entra administrator "${subject.adminUser}"`,
    expected: "the server to accept the deployer's token for that role",
    found: `${failure.words}${failure.claims ? `; the token: ${tokenFacts(failure.claims)}` : ""}`,
    remedy:
      remedy ??
      "log in as that administrator or as a member of that group (az login), or set adminObjectId, adminName and adminType",
  };
}

/** What a token says of itself, as far as it helps; never any part of the token. */
function tokenFacts({ oid, tid, aud, exp, nbf }: TokenClaims, now = Date.now() / 1000): string {
  const time = (seconds: number) => new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, "Z");
  return [
    `object id ${oid}`,
    `tenant ${tid}`,
    ...(aud ? [`audience ${aud}`] : []),
    ...(exp && exp < now ? [`expired at ${time(exp)}, this machine's clock says ${time(now)}`] : []),
    ...(nbf && nbf > now ? [`valid only from ${time(nbf)}, this machine's clock says ${time(now)}`] : []),
  ].join(", ");
}

function tokenRemedy({ claims, message }: Failure, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const now = Date.now() / 1000;
  const tenant = env.ARM_TENANT_ID ?? env.AZURE_TENANT_ID;
  if ((claims?.exp && claims.exp < now) || (claims?.nbf && claims.nbf > now)) {
    return "compare this machine's clock with the time of day; then log in again (az login)";
  }
  if (claims && tenant && claims.tid.toLowerCase() !== tenant.toLowerCase()) {
    return `the token is of tenant ${claims.tid}, ARM_TENANT_ID says ${tenant}: log in to the server's tenant (az login --tenant ${tenant})`;
  }
  return /valid audience claim/.test(message)
    ? "the token is for another service: remove what changes the credential's scope, such as a proxy; then run `pulumi up` again"
    : undefined;
}

/** Runs on a connection of its own, after the one that waited is closed. Without an answer the error says less. */
async function lockHolders(subject: Subject): Promise<string[]> {
  try {
    return await withAdminSession(subject, new Deadline(5), openTransactions);
  } catch {
    return [];
  }
}

/** The sessions whose transactions have been open for longest, which may hold the lock. */
async function openTransactions(session: Session): Promise<string[]> {
  const { rows } = await session.query<{ pid: number; usename: string | null; application: string; seconds: string }>(
    `SELECT pid, usename::text, application_name AS application, round(extract(epoch FROM now() - xact_start)) AS seconds
       FROM pg_catalog.pg_stat_activity
      WHERE xact_start IS NOT NULL AND pid <> pg_catalog.pg_backend_pid() AND backend_type = 'client backend'
      ORDER BY xact_start LIMIT 3`,
  );
  return rows.map(
    ({ pid, usename, application, seconds }) =>
      `process ${pid} of ${usename ?? "?"}${application ? ` (${application})` : ""}, in a transaction for ${seconds} s`,
  );
}
