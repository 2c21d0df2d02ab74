import { readFileSync } from "node:fs";
import { join } from "node:path";
import { shellQuote } from "../connectionDetails/shellQuote.ts";
import type { TriedRight } from "./receipt.ts";
import { type AccessFacts, attemptScript, attempts } from "./rightsTest.ts";

/** The settings of the connection test. None of them is secret. */
export interface ConnectionTestSettings {
  /** Client id to ask the token for. */
  clientId: string;
  /** The resource for which the database takes tokens. */
  tokenResource: string;
  /** Object id that the receipt is compared with; part of the script so that a new identity runs the test again. */
  objectId: string;
  host: string;
  port: number;
  database: string;
  /** Role to log in as. */
  user: string;
  /** PEM of the authority that signed the server's certificate; empty: the VM's own authorities. */
  caCert: string;
  /** The application whose rights are tested; undefined: only the login is tested. */
  access?: AccessFacts | undefined;
  /** Databases that the login must not be able to connect to. */
  foreignDatabases?: string[] | undefined;
}

/** What the script tries, in its order: the receipt has a letter for each. */
export function triedRights(settings: Pick<ConnectionTestSettings, "access" | "foreignDatabases">): TriedRight[] {
  const inDatabase = settings.access ? attempts(settings.access) : [];
  return [
    ...inDatabase.map(({ what, expected }) => ({ what, expected })),
    ...(settings.foreignDatabases ?? []).map((name) => ({
      what: `connect to database ${name}`,
      expected: "denied" as const,
    })),
  ];
}

/** The shell script that tests the login on the VM: the settings, the steps of a login, then `connectionTest.sh`. */
export function connectionTestScript(settings: ConnectionTestSettings): string {
  const list = settings.access ? attempts(settings.access) : [];
  const variables = {
    CLIENT_ID: settings.clientId,
    TOKEN_RESOURCE: settings.tokenResource,
    OBJECT_ID: settings.objectId,
    DB_HOST: settings.host,
    DB_PORT: String(settings.port),
    DB_NAME: settings.database,
    DB_USER: settings.user,
    DB_CA: settings.caCert,
    ATTEMPTS: JSON.stringify(list.map(({ script: _, ...shown }) => shown)),
    ATTEMPT_SCRIPT: attemptScript(list),
    FOREIGN_DATABASES: (settings.foreignDatabases ?? []).join("\n"),
  };
  return [
    ...Object.entries(variables).map(([name, value]) => `${name}=${shellQuote(value)}`),
    ...["machineLogin.sh", "connectionTest.sh"].map((file) => readFileSync(join(import.meta.dirname, file), "utf8")),
  ].join("\n");
}
