import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { shellQuote } from "../connectionDetails/shellQuote.ts";
import { UserError } from "../errors/userError.ts";
import { DOCTOR_CLOUDS } from "./clouds.ts";

/** What the doctor takes of an application's entry in the stack output `connections`. */
export interface Connection {
  host: string;
  port: string;
  database: string;
  user: string;
  clientId: string;
  tokenResource: string;
  /** Connection URI; its `sslrootcert` is the file of the authorities on the VM. */
  libpq: string;
}

/**
 * Reads the stack output `connections` with the Pulumi CLI.
 * @throws {UserError} EP-DOCTOR-10 when there is none
 */
export function readConnections(stack: string): Record<string, Connection> {
  const args = ["stack", "output", "connections", "--json", "--stack", stack];
  const { status, stdout, stderr, error } = spawnSync("pulumi", args, { encoding: "utf8" });
  if (status === 0) return JSON.parse(stdout);
  throw new UserError({
    code: "EP-DOCTOR-10",
    step: "reading the output connections",
    at: `stack ${stack}`,
    expected: "what the last `pulumi up` left there",
    found: error?.message ?? stderr.trim(),
  });
}

/**
 * Chooses an application.
 * @param app undefined: the first one
 * @throws {UserError} EP-DOCTOR-09 for a name that the stack does not have
 */
export function chooseApplication(
  connections: Record<string, Connection>,
  app: string | undefined,
): { name: string; connection: Connection } {
  const names = Object.keys(connections);
  const name = app ?? names[0] ?? "";
  const connection = Object.hasOwn(connections, name) ? connections[name] : undefined;
  if (connection) return { name, connection };
  throw new UserError({
    code: "EP-DOCTOR-09",
    step: "choosing the application",
    expected: names.length > 0 ? `one of ${names.join(", ")}` : "a stack with applications",
    found: app ?? "none",
  });
}

/** The options of doctor.sh for an application. */
export function doctorOptions(connection: Connection): string[] {
  const { host, port, database, user, clientId, tokenResource, libpq } = connection;
  const cloud = DOCTOR_CLOUDS.find(({ resource }) => resource === tokenResource)?.option ?? "public";
  const authorities = new URL(libpq).searchParams.get("sslrootcert");
  const options = { host, port, database, role: user, "client-id": clientId, cloud, "ca-file": authorities };
  return Object.entries(options).flatMap(([name, value]) => (value ? [`--${name}`, value] : []));
}

/** doctor.sh with its options in it, for a run command, which passes none. */
export function scriptForVm(options: readonly string[]): string {
  const script = readFileSync(new URL("doctor.sh", import.meta.url), "utf8");
  return script.replace("\n", `\nset -- ${options.map(shellQuote).join(" ")}\n`);
}
