import { readFileSync } from "node:fs";
import { join } from "node:path";
import { shellQuote } from "../connectionDetails/shellQuote.ts";
import { type AccessFacts, attemptScript, attempts } from "./accessProof.ts";

/** What the proof needs to know. None of it is secret. */
export interface ConnectionTestSettings {
  /** Client id to ask the token for. */
  clientId: string;
  /** Object id that the receipt will be held against; here so that a new identity runs the proof again. */
  objectId: string;
  host: string;
  port: number;
  database: string;
  /** Role to log in as. */
  user: string;
  /** PEM of the authority that signed the server's certificate; empty: the VM's own list. */
  caCert: string;
  /** The application's rights, to be tried one by one; undefined: only the login is proved. */
  access?: AccessFacts | undefined;
  /** Databases that the login must not be let into. */
  foreignDatabases?: string[] | undefined;
}

/** The shell script that proves the login on the VM: the settings, then `proof.sh`. */
export function connectionTestScript(settings: ConnectionTestSettings): string {
  const list = settings.access ? attempts(settings.access) : [];
  const variables = {
    CLIENT_ID: settings.clientId,
    OBJECT_ID: settings.objectId,
    DB_HOST: settings.host,
    DB_PORT: String(settings.port),
    DB_NAME: settings.database,
    DB_USER: settings.user,
    DB_CA: settings.caCert,
    ATTEMPTS: JSON.stringify(list.map(({ what, expected, question }) => ({ what, expected, question }))),
    ATTEMPT_SCRIPT: attemptScript(list),
    FOREIGN_DATABASES: (settings.foreignDatabases ?? []).join("\n"),
  };
  return [
    ...Object.entries(variables).map(([name, value]) => `${name}=${shellQuote(value)}`),
    readFileSync(join(import.meta.dirname, "proof.sh"), "utf8"),
  ].join("\n");
}
