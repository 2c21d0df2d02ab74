import { UserError } from "../errors/userError.ts";

/**
 * Variables of libpq that change how @pulumi/postgresql connects, or with which it does not connect at all. The others are overridden by what the
 * provider is told, or do no harm. Source: fromEnv and Config in connector.go of lib/pq.
 */
const HARMFUL: readonly string[] = [
  ...[
    "PGOPTIONS",
    "PGHOSTADDR",
    "PGSERVICE",
    "PGSERVICEFILE",
    "PGREQUIREAUTH",
    "PGTARGETSESSIONATTRS",
    "PGLOADBALANCEHOSTS",
  ],
  ...["PGSSLNEGOTIATION", "PGSSLCERT", "PGSSLKEY", "PGSSLSNI", "PGSSLMINPROTOCOLVERSION", "PGSSLMAXPROTOCOLVERSION"],
  ...["PGMINPROTOCOLVERSION", "PGMAXPROTOCOLVERSION", "PGREQUIRESSL", "PGSSLCOMPRESSION", "PGSSLCRL", "PGSSLCRLDIR"],
  ...["PGSSLCERTMODE", "PGREALM", "PGGSSENCMODE", "PGGSSDELEGATION", "PGGSSLIB", "PGKRBSRVNAME", "PGCHANNELBINDING"],
  "PGREQUIREPEER",
];

/**
 * Refuses a shell whose variables @pulumi/postgresql would read. The engine starts the provider with its own environment, which the program cannot
 * change; the other sessions of the administrator ignore these variables.
 *
 * @throws {UserError} EP-LOGIN-03 with the command that unsets them
 */
export function requirePlainEnvironment(
  { caCertFile }: { caCertFile?: unknown },
  env: NodeJS.ProcessEnv = process.env,
): void {
  const harmful = caCertFile ? HARMFUL : [...HARMFUL, "PGSSLROOTCERT"];
  const names = harmful.filter((name) => env[name]);
  const encoding = env.PGCLIENTENCODING?.replace("-", "").toUpperCase();
  if (encoding && encoding !== "UTF8") names.push("PGCLIENTENCODING");
  if (names.length === 0) return;
  throw new UserError({
    code: "EP-LOGIN-03",
    step: "preparing the administrator's login",
    expected: "no variables that @pulumi/postgresql reads in the environment of pulumi",
    found: names.join(", "),
    remedy: `unset ${names.join(" ")}`,
  });
}
