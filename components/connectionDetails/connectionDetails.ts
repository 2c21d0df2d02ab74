import { deployerCloud } from "../azure/cloud.ts";
import { shellQuote } from "./shellQuote.ts";

/** What a client needs to know to reach the database as the identity. Nothing of it is secret. */
export interface ConnectionFacts {
  /** DNS name of the server. */
  host: string;
  /** TCP port. */
  port: number;
  /** Database to open. */
  database: string;
  /** Role to log in as: the identity's name. */
  user: string;
  /** Client id (application id) of the identity, which the token request names. Empty: the client's own system-assigned identity. @default "" */
  clientId?: string;
  /** Name of the service in `serviceFile`. @default the database's name */
  service?: string;
  /** Path of a PEM file, on the client's machine, with the authorities to trust. @default Ubuntu's list, and the JVM's and .NET's own */
  rootCertificate?: string;
  /** What that file holds, for node-postgres, which takes no path. @default the authorities that Node.js trusts, which include Azure's */
  rootCertificatePem?: string;
}

/** The same facts in the form that each kind of client takes. */
export interface ConnectionDetails {
  host: string;
  port: string;
  database: string;
  user: string;
  clientId: string;
  /** The resource for which the database of the deployment's cloud takes tokens; with `/.default`, the scope that Azure's SDKs ask for. */
  tokenResource: string;
  /** Command that prints a token for the password, on the VM. */
  token: string;
  /** `psql` with such a token, on the VM. */
  psql: string;
  /** libpq connection URI, for psql, psycopg and every client built on libpq. */
  libpq: string;
  /** libpq environment variables, `AZURE_CLIENT_ID` and `POSTGRES_TOKEN_RESOURCE`, for `eval` in a shell. */
  environment: string;
  /** The same for systemd's `EnvironmentFile`, `docker --env-file` and the like. */
  environmentFile: string;
  /** An entry for `~/.pg_service.conf`: `psql service=<name>`. */
  serviceFile: string;
  /**
   * JDBC URL; the plugin of azure-identity-extensions gets the token. The SDK's cache hands one out until its last moment, so a login may
   * be refused then; `clients/java` adds a class that does not.
   */
  jdbc: string;
  /** Npgsql connection string; the token comes from `UsePasswordProvider`. */
  npgsql: string;
  /** SQLAlchemy URL for psycopg; the token comes from a `do_connect` listener. */
  sqlalchemy: string;
  /** node-postgres configuration as JSON; the token comes from a `password` function. */
  nodePostgres: string;
}

/** Where Ubuntu and Debian keep the authorities that the system trusts, Azure's among them. */
const UBUNTU_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt";

/**
 * Connection details for every kind of client: TLS verified in full, the user always explicit, and no token in any of
 * them, since a token lives for a day at most and belongs to the moment of login.
 */
export function connectionDetails(facts: ConnectionFacts): ConnectionDetails {
  const { host, port, database, user, clientId = "", service = database } = facts;
  const rootCertificate = facts.rootCertificate ?? UBUNTU_CERTIFICATES;
  const { database: tokenResource } = deployerCloud();
  const role = encodeURIComponent(user);
  const path = `${host}:${port}/${encodeURIComponent(database)}`;
  const token =
    "curl -s --noproxy '*' '" +
    `http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=${encodeURIComponent(tokenResource)}` +
    `${clientId ? `&client_id=${clientId}` : ""}' -H Metadata:true | jq -r .access_token`;
  // With a Kerberos ticket at hand libpq and pgjdbc would try GSSAPI encryption before TLS, and with it verify no certificate.
  const query = `sslmode=verify-full&sslrootcert=${encodeURIComponent(rootCertificate)}&gssencmode=disable`;
  const libpq = `postgresql://${role}@${path}?${query}`;
  const environment = Object.entries({
    PGHOST: host,
    PGPORT: String(port),
    PGDATABASE: database,
    PGUSER: user,
    PGSSLMODE: "verify-full",
    PGSSLROOTCERT: rootCertificate,
    PGGSSENCMODE: "disable",
    ...(clientId ? { AZURE_CLIENT_ID: clientId } : {}),
    POSTGRES_TOKEN_RESOURCE: tokenResource,
  });
  // Without it pgjdbc looks for ~/.postgresql/root.crt and nowhere else.
  const jdbcTrust = facts.rootCertificate
    ? `sslrootcert=${encodeURIComponent(facts.rootCertificate)}`
    : "sslfactory=org.postgresql.ssl.DefaultJavaSSLFactory";
  const nodeTrust = facts.rootCertificatePem ? { ca: facts.rootCertificatePem } : {};
  return {
    host,
    port: String(port),
    database,
    user,
    clientId,
    tokenResource,
    token,
    psql: `PGPASSWORD="$(${token})" psql ${shellQuote(libpq)}`,
    libpq,
    environment: environment.map(([key, value]) => `export ${key}=${shellQuote(value)}`).join("\n"),
    environmentFile: environment.map(([key, value]) => `${key}=${value}`).join("\n"),
    serviceFile: [
      `[${service}]`,
      `host=${host}`,
      `port=${port}`,
      `dbname=${database}`,
      `user=${user}`,
      "sslmode=verify-full",
      `sslrootcert=${rootCertificate}`,
      "gssencmode=disable",
    ].join("\n"),
    jdbc:
      `jdbc:postgresql://${path}?user=${role}&sslmode=verify-full&${jdbcTrust}&gssEncMode=disable` +
      "&authenticationPluginClassName=com.azure.identity.extensions.jdbc.postgresql.AzurePostgresqlAuthenticationPlugin" +
      `${clientId ? `&azure.clientId=${clientId}` : ""}&azure.managedIdentityEnabled=true` +
      `&azure.scopes=${encodeURIComponent(`${tokenResource}/.default`)}`,
    npgsql: Object.entries({
      Host: host,
      Port: String(port),
      Database: database,
      Username: user,
      "SSL Mode": "VerifyFull",
      ...(facts.rootCertificate ? { "Root Certificate": facts.rootCertificate } : {}),
    })
      .map(([key, value]) => `${key}=${npgsqlQuote(value)}`)
      .join(";"),
    sqlalchemy: `postgresql+psycopg://${role}@${path}?${query}`,
    nodePostgres: JSON.stringify({ host, port, database, user, ssl: { rejectUnauthorized: true, ...nodeTrust } }),
  };
}

/** A value of an ADO.NET connection string. */
function npgsqlQuote(value: string): string {
  return /[;="'\s]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
