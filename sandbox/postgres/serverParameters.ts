import { writeFileSync } from "node:fs";
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

/** What has to happen for a change to count. */
export type Effect = "none" | "reload" | "restart";

/** Parameters of Azure, not of PostgreSQL: the default, and what the sandbox takes. */
const AZURE_PARAMETERS: Record<string, { defaultValue: string; accepts: RegExp; reason: string }> = {
  "azure.extensions": { defaultValue: "", accepts: /^[\w, -]*$/, reason: "give a list of extension names" },
  "connection_throttle.enable": { defaultValue: "off", accepts: /^(on|off)$/i, reason: "give on or off" },
  "pgaadauth.enable_group_sync": { defaultValue: "off", accepts: /^off$/i, reason: "the sandbox syncs no groups" },
  "pgaudit.log": { defaultValue: "none", accepts: /^[\w, -]+$/, reason: "give a list of statement classes" },
  "pgbouncer.enabled": { defaultValue: "false", accepts: /^false$/i, reason: "the sandbox has no PgBouncer" },
  require_secure_transport: { defaultValue: "on", accepts: /^on$/i, reason: "the sandbox takes TLS connections only" },
};

/** Libraries that Azure can load at the start and the sandbox does not have: remembered, not loaded. */
const AZURE_LIBRARIES = [
  "azure_storage",
  "pg_cron",
  "pg_hint_plan",
  "pg_partman_bgw",
  "pgaudit",
  "pglogical",
  "timescaledb",
];
const OWN_LIBRARIES = ["auto_explain", "pg_prewarm", "pg_stat_statements"];
const PRELOAD = "shared_preload_libraries";

/** Parameters whose value is a list of names: a quoted list would become one name. */
const NAME_LISTS = ["local_preload_libraries", "search_path", "session_preload_libraries", PRELOAD, "temp_tablespaces"];

/** What a server parameter may not change: the sandbox depends on it, and Azure does not let it be set either. */
const READ_ONLY = new RegExp(
  "^(listen_addresses|port|unix_socket_.*|data_directory|config_file|hba_file|ident_file|external_pid_file|fsync|" +
    "full_page_writes|logging_collector|log_destination|log_directory|log_filename|log_file_mode|bonjour.*|krb_.*|" +
    "ssl|ssl_(ca|cert|crl|key|dh_params)_.*|ssl_passphrase_.*|archive_.*|restore_command|primary_.*|cluster_name)$",
);

const TLS_LIMIT = /^ssl_(min|max)_protocol_version$/;

/** The server parameters ("configurations" in Azure's API) of one cluster. */
export class ServerParameters {
  readonly #cluster: Cluster;
  readonly #state: ParameterState;

  constructor(cluster: Cluster, state: ParameterState) {
    this.#cluster = cluster;
    this.#state = state;
  }

  /** @returns undefined for a parameter that neither PostgreSQL nor the sandbox knows */
  async get(name: string): Promise<ServerParameter | undefined> {
    const known = this.#azure(name);
    if (known) return { value: this.#state.azure[name] ?? known.defaultValue, defaultValue: known.defaultValue };
    const setting = await this.#setting(name);
    if (!setting) return undefined;
    const value = this.#state.azure[name] ?? setting.value;
    return { value, defaultValue: this.#state.defaults[name] ?? setting.value };
  }

  /**
   * Stores a value.
   * @throws Error for an unknown or read-only parameter, or a value that it does not take
   */
  async set(name: string, value: string): Promise<Effect> {
    const known = this.#azure(name);
    if (known) {
      if (!known.accepts.test(value)) throw this.#refused(name, value, known.reason);
      this.#state.azure[name] = value;
      this.#allowExtensions();
      return "none";
    }
    const setting = await this.#changeable(name);
    this.#state.defaults[name] ??= setting.value;
    const own = name === PRELOAD ? this.#ownLibraries(value) : value;
    if (TLS_LIMIT.test(name) && !/^TLSv1\.[23]$/.test(value))
      throw this.#refused(name, value, "give TLSv1.2 or TLSv1.3");
    try {
      await this.#cluster.query(`ALTER SYSTEM SET ${pg.escapeIdentifier(name)} = ${literal(name, own)}`);
    } catch (error) {
      throw this.#refused(name, value, (error as Error).message);
    }
    return await this.#effect(setting);
  }

  /** Gives a parameter its default back. */
  async reset(name: string): Promise<Effect> {
    delete this.#state.azure[name];
    this.#allowExtensions();
    if (this.#azure(name)) return "none";
    const setting = await this.#changeable(name);
    await this.#cluster.query(`ALTER SYSTEM RESET ${pg.escapeIdentifier(name)}`);
    return await this.#effect(setting);
  }

  /** Where the check of CREATE EXTENSION finds the list, see extensions.sql. */
  #allowExtensions(): void {
    writeFileSync(join(this.#cluster.dataDir, "azure.extensions"), this.#state.azure["azure.extensions"] ?? "", {
      mode: 0o644,
    });
  }

  #azure(name: string): (typeof AZURE_PARAMETERS)[string] | undefined {
    return Object.hasOwn(AZURE_PARAMETERS, name) ? AZURE_PARAMETERS[name] : undefined;
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

  /** Read on a new connection: one that is open already may not have taken the last change in. */
  async #setting(name: string): Promise<Setting | undefined> {
    return await this.#cluster.inDatabase("postgres", async (client) => {
      const sql = "SELECT name, setting AS value, context FROM pg_settings WHERE name = $1";
      return (await client.query<Setting>(sql, [name])).rows[0];
    });
  }

  /** Makes the change count, unless that takes a restart, which is left to the caller. */
  async #effect(setting: Setting): Promise<Effect> {
    if (setting.context === "postmaster") return "restart";
    const [before] = await this.#cluster.query<{ at: Date }>("SELECT pg_conf_load_time() AS at FROM pg_reload_conf()");
    const deadline = Date.now() + 10_000;
    while (Date.now() < deadline) {
      const fresh = await this.#cluster.inDatabase("postgres", async (client) => {
        const sql = "SELECT pg_conf_load_time() > $1 AS loaded";
        return (await client.query<{ loaded: boolean }>(sql, [before?.at])).rows[0]?.loaded;
      });
      if (fresh) return "reload";
      await delay(10);
    }
    throw new Error(`PostgreSQL did not load the new value of ${setting.name} within 10 s.`);
  }

  #ownLibraries(value: string): string {
    const asked = names(value);
    const unknown = asked.filter((library) => !AZURE_LIBRARIES.includes(library) && !OWN_LIBRARIES.includes(library));
    if (unknown.length > 0) throw this.#refused(PRELOAD, value, `the sandbox does not know ${unknown.join(", ")}`);
    this.#state.azure[PRELOAD] = value;
    return asked.filter((library) => OWN_LIBRARIES.includes(library)).join(",");
  }

  #refused(name: string, value: string, reason: string): Error {
    return new Error(`The server parameter ${name} does not take the value ${JSON.stringify(value)}: ${reason}.`);
  }
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
