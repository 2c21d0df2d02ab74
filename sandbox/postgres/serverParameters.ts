import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import type { Cluster } from "./cluster.ts";

/** A parameter's value and the one that it had before anyone set it. */
export interface ServerParameter {
  value: string;
  defaultValue: string;
}

/** What the parameters of a server keep between runs. */
export interface ParameterState {
  /** Values before the first change, by parameter. */
  defaults: Record<string, string>;
  /** Values of the parameters that only Azure has. */
  azure: Record<string, string>;
}

/** How a change takes effect. */
export type Effect = "none" | "reload" | "restart";

/** The values that the sandbox accepts for a parameter. */
interface Limit {
  accepts: RegExp;
  /** The correction for another value. */
  reason: string;
  /** Azure's default of a parameter that PostgreSQL does not have. */
  azureDefault?: string;
}

const LIST = /^[\w, -]*$/;
const TLS_VERSION: Limit = { accepts: /^TLSv1\.[23]$/, reason: "give TLSv1.2 or TLSv1.3" };
const LIMITS: ReadonlyMap<string, Limit> = new Map([
  ["azure.extensions", { azureDefault: "", accepts: LIST, reason: "give a list of extension names" }],
  ["connection_throttle.enable", { azureDefault: "off", accepts: /^(on|off)$/i, reason: "give on or off" }],
  ["pgaadauth.enable_group_sync", { azureDefault: "off", accepts: /^off$/i, reason: "the sandbox syncs no groups" }],
  ["pgaudit.log", { azureDefault: "none", accepts: LIST, reason: "give a list of statement classes" }],
  ["pgbouncer.enabled", { azureDefault: "false", accepts: /^false$/i, reason: "the sandbox has no PgBouncer" }],
  [
    "require_secure_transport",
    { azureDefault: "on", accepts: /^on$/i, reason: "the sandbox has TLS connections only" },
  ],
  ["ssl_min_protocol_version", TLS_VERSION],
  ["ssl_max_protocol_version", TLS_VERSION],
]);

/** Libraries that Azure can load at the start and the sandbox does not have: it stores their names and does not load them. */
const AZURE_LIBRARIES = "azure_storage pg_cron pg_hint_plan pg_partman_bgw pgaudit pglogical timescaledb".split(" ");
const OWN_LIBRARIES = ["auto_explain", "pg_prewarm", "pg_stat_statements"];
const PRELOAD = "shared_preload_libraries";

/** Parameters whose value is a list of names: a quoted list would become one name. */
const NAME_LISTS = ["local_preload_libraries", "search_path", "session_preload_libraries", PRELOAD, "temp_tablespaces"];

/** Parameters that the sandbox depends on, and that Azure does not let users set. */
const READ_ONLY = new RegExp(
  "^(listen_addresses|port|unix_socket_.*|data_directory|config_file|hba_file|ident_file|external_pid_file|fsync|" +
    "full_page_writes|logging_collector|log_destination|log_directory|log_filename|log_file_mode|bonjour.*|krb_.*|" +
    "ssl|ssl_(ca|cert|crl|key|dh_params)_.*|ssl_passphrase_.*|archive_.*|restore_command|primary_.*|cluster_name)$",
);

/** The server parameters ("configurations" in Azure's API) of one cluster. */
export class ServerParameters {
  readonly #cluster: Cluster;
  readonly #state: ParameterState;
  /** Whether PostgreSQL takes ALTER SYSTEM. */
  #open = true;

  constructor(cluster: Cluster, state: ParameterState) {
    this.#cluster = cluster;
    this.#state = state;
  }

  /** Whether PostgreSQL takes ALTER SYSTEM, from anybody. 16 has no such setting and takes it from superusers. */
  async allowAlterSystem(allowed: boolean): Promise<void> {
    this.#open = allowed || (await this.#setting("allow_alter_system")) === undefined;
    if (!this.#open) await this.#setAlterSystem(false);
  }

  /** @returns undefined for a parameter that neither PostgreSQL nor the sandbox knows */
  async get(name: string): Promise<ServerParameter | undefined> {
    const standard = LIMITS.get(name)?.azureDefault ?? (await this.#setting(name))?.value;
    if (standard === undefined) return undefined;
    return { value: this.#state.azure[name] ?? standard, defaultValue: this.#state.defaults[name] ?? standard };
  }

  /**
   * Stores a value.
   * @throws Error for an unknown or read-only parameter, or a value that it does not accept
   */
  async set(name: string, value: string): Promise<Effect> {
    const limit = LIMITS.get(name);
    if (limit && !limit.accepts.test(value)) throw refused(name, value, limit.reason);
    if (limit?.azureDefault !== undefined) {
      this.#state.azure[name] = value;
      this.#allowExtensions();
      return "none";
    }
    const setting = await this.#changeable(name);
    this.#state.defaults[name] ??= setting.value;
    const own = name === PRELOAD ? this.#ownLibraries(value) : value;
    try {
      await this.#alterSystem(`SET ${pg.escapeIdentifier(name)} = ${literal(name, own)}`);
    } catch (error) {
      throw refused(name, value, (error as Error).message);
    }
    return await this.#effect(setting);
  }

  /** Resets a parameter to its default. */
  async reset(name: string): Promise<Effect> {
    delete this.#state.azure[name];
    this.#allowExtensions();
    if (LIMITS.get(name)?.azureDefault !== undefined) return "none";
    const setting = await this.#changeable(name);
    await this.#alterSystem(`RESET ${pg.escapeIdentifier(name)}`);
    return await this.#effect(setting);
  }

  /** Runs ALTER SYSTEM, which is allowed for that time where it is not. */
  async #alterSystem(change: string): Promise<void> {
    if (!this.#open) await this.#setAlterSystem(true);
    try {
      await this.#cluster.inDatabase("postgres", (client) => client.query(`ALTER SYSTEM ${change}`));
    } finally {
      if (!this.#open) await this.#setAlterSystem(false);
    }
  }

  async #setAlterSystem(allowed: boolean): Promise<void> {
    const main = join(this.#cluster.dataDir, "postgresql.conf");
    const include = "include_if_exists = 'azure.conf'";
    if (!readFileSync(main, "utf8").includes(include)) appendFileSync(main, `\n${include}\n`);
    const file = join(this.#cluster.dataDir, "azure.conf");
    writeFileSync(file, `allow_alter_system = ${allowed ? "on" : "off"}\n`, { mode: 0o644 });
    await this.#reload("allow_alter_system");
  }

  /** Writes the file in which the check of CREATE EXTENSION finds the list, see extensions.sql. */
  #allowExtensions(): void {
    const list = this.#state.azure["azure.extensions"] ?? "";
    writeFileSync(join(this.#cluster.dataDir, "azure.extensions"), list, { mode: 0o644 });
  }

  async #changeable(name: string): Promise<Setting> {
    const setting = await this.#setting(name);
    if (!setting) {
      throw new Error(
        `The server parameter ${JSON.stringify(name)} is neither one of this PostgreSQL nor one that the sandbox knows of Azure.`,
      );
    }
    if (setting.context === "internal" || READ_ONLY.test(name)) {
      throw new Error(`The server parameter ${name} is read-only.`);
    }
    return setting;
  }

  async #setting(name: string): Promise<Setting | undefined> {
    return await this.#ask<Setting>("SELECT name, setting AS value, context FROM pg_settings WHERE name = $1", name);
  }

  /** Has PostgreSQL load the change. A change that needs a restart waits for the caller's restart. */
  async #effect(setting: Setting): Promise<Effect> {
    if (setting.context === "postmaster") return "restart";
    await this.#reload(setting.name);
    return "reload";
  }

  async #reload(name: string): Promise<void> {
    const [before] = await this.#cluster.query<{ at: Date }>("SELECT pg_conf_load_time() AS at FROM pg_reload_conf()");
    const deadline = Date.now() + 10_000;
    while (Date.now() < deadline) {
      const now = await this.#ask<{ loaded: boolean }>("SELECT pg_conf_load_time() > $1 AS loaded", before?.at);
      if (now?.loaded) return;
      await delay(10);
    }
    throw new Error(`PostgreSQL did not load the new value of ${name} within 10 s.`);
  }

  /** Asks on a new connection: an open one may not have loaded the last change. */
  async #ask<R extends pg.QueryResultRow>(sql: string, value: unknown): Promise<R | undefined> {
    return await this.#cluster.inDatabase("postgres", async (client) => (await client.query<R>(sql, [value])).rows[0]);
  }

  #ownLibraries(value: string): string {
    const asked = names(value);
    const unknown = asked.filter((library) => !AZURE_LIBRARIES.includes(library) && !OWN_LIBRARIES.includes(library));
    if (unknown.length > 0) throw refused(PRELOAD, value, `the sandbox does not know ${unknown.join(", ")}`);
    this.#state.azure[PRELOAD] = value;
    return asked.filter((library) => OWN_LIBRARIES.includes(library)).join(",");
  }
}

function refused(name: string, value: string, reason: string): Error {
  return new Error(`The server parameter ${name} does not take the value ${JSON.stringify(value)}: ${reason}.`);
}

interface Setting {
  name: string;
  value: string;
  context: string;
}

function names(list: string): string[] {
  return list
    .split(",")
    .map((name) => name.trim().replace(/^"(.*)"$/, "$1"))
    .filter((name) => name !== "");
}

function literal(name: string, value: string): string {
  if (!NAME_LISTS.includes(name)) return pg.escapeLiteral(value);
  return names(value).map(pg.escapeLiteral).join(", ") || "''";
}
