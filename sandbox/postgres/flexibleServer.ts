import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import type { SecureVersion } from "node:tls";
import pg from "pg";
import { type AzureBehaviour, GENTLE } from "../behaviour.ts";
import type { Directory } from "../entra/directory.ts";
import type { TokenIssuer } from "../entra/tokenIssuer.ts";
import { StateFile } from "../stateFile.ts";
import { AccessTokenCheck, parseLabel, type RoleBinding } from "./accessToken.ts";
import { type Administrator, Administrators } from "./administrators.ts";
import { isPostgresVersion, POSTGRES_VERSIONS } from "./binaries.ts";
import type { CertificateAuthority, IssuedCertificate } from "./certificates.ts";
import { Cluster, SUPERUSER } from "./cluster.ts";
import { DirectoryCopy } from "./directoryCopy.ts";
import { ChangingFirewall, type FirewallRule } from "./firewall.ts";
import { Gateway } from "./gateway.ts";
import { Refusal } from "./refusal.ts";
import { labelledRole, makeDatabase, prepareServer, SYSTEM_DATABASES } from "./roles.ts";
import { type Effect, type ParameterState, type ServerParameter, ServerParameters } from "./serverParameters.ts";
import { Turns } from "./turns.ts";

export type { Administrator } from "./administrators.ts";
export type { FirewallRule } from "./firewall.ts";

/** Options of {@link FlexibleServer.open}. */
export interface FlexibleServerOptions {
  /** Name of the server on Azure. */
  name: string;
  /** Directory for its data; made where it is missing. */
  dir: string;
  directory: Directory;
  issuer: TokenIssuer;
  authority: CertificateAuthority;
  /** Loopback address to listen on. With the host name `localhost` also ::1, where the machine has it. */
  address: string;
  /** Name or address by which clients reach it; it is in the certificate. */
  hostName: string;
  /** Port; 0 takes a free one. */
  port: number;
  /** Major version of PostgreSQL: "16", "17" or "18". */
  version: string;
  /** How Azure behaves where that is not known. @default gentle */
  behaviour?: AzureBehaviour;
  /** Takes a line for each refused client and each event. No line holds a token. */
  log?: (line: string) => void;
  /** Called when PostgreSQL ends by itself. Until {@link FlexibleServer.restart} clients get 57P03. */
  onCrash?: (error: Error) => void;
}

interface ServerState extends ParameterState {
  entraAuth: boolean;
  /** Absent for a server without a firewall. */
  firewallRules?: FirewallRule[];
}

/** One Azure server: a PostgreSQL cluster and the TLS gateway in front of it. */
export class FlexibleServer {
  readonly hostName: string;

  readonly #options: FlexibleServerOptions;
  readonly #state: StateFile<ServerState>;
  readonly #cluster: Cluster;
  readonly #parameters: ServerParameters;
  readonly #administrators: Administrators;
  readonly #copy: DirectoryCopy;
  #behaviour: AzureBehaviour;
  #gateway: Gateway | undefined;
  readonly #firewall: ChangingFirewall;
  /** Work of the service, none of which goes on during a restart. */
  readonly #turns = new Turns();
  #logins = 0;
  #accessibleAt = 0;

  private constructor(options: FlexibleServerOptions, cluster: Cluster) {
    this.#options = options;
    this.#state = new StateFile(join(options.dir, "server.json"), () => ({ entraAuth: true, defaults: {}, azure: {} }));
    this.#cluster = cluster;
    this.#firewall = new ChangingFirewall(this.#state.value.firewallRules);
    this.#parameters = new ServerParameters(cluster, this.#state.value);
    this.#behaviour = options.behaviour ?? GENTLE;
    this.#administrators = new Administrators(cluster, options.directory, options.name);
    this.#administrators.dropsRoles = this.#behaviour.removedAdministrators === "dropped";
    this.#copy = new DirectoryCopy(cluster, options.directory, (line) => log(options, line));
    this.hostName = options.hostName;
  }

  /**
   * Makes a server, or starts the one of the directory with all its data. Entra authentication is on at first.
   * @throws Error for a version that the sandbox does not have, or when the cluster or the gateway cannot start
   */
  static async open(options: FlexibleServerOptions): Promise<FlexibleServer> {
    const { name, dir, version } = options;
    if (!isPostgresVersion(version)) {
      throw new Error(
        `The server ${name} asks for PostgreSQL ${version}; the sandbox has PostgreSQL ${POSTGRES_VERSIONS.join(", ")}. ` +
          `Set the config value postgresVersion to one of them: pulumi config set postgresVersion ${POSTGRES_VERSIONS.at(-1)}`,
      );
    }
    const onCrash = (error: Error) => {
      log(options, error.message);
      options.onCrash?.(error);
    };
    const isNew = !existsSync(dir);
    const certificate = await options.authority.issue(certificateNames(options));
    const server = new FlexibleServer(
      options,
      await Cluster.open({ dir, version, certificate, onCrash }, prepareServer),
    );
    if (isNew) server.#accessibleAt = Date.now() + server.#behaviour.administratorDelay * 1000;
    try {
      await server.#parameters.allowAlterSystem(server.#behaviour.alterSystem === "42501");
      await server.#listen(certificate);
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /** The port on which clients reach it. */
  get port(): number {
    return this.#gateway?.port ?? 0;
  }

  /** The server's log. */
  get logPath(): string {
    return this.#cluster.logPath;
  }

  /** Whether it takes administrators and clients, which a new server does after a while. */
  get accessible(): boolean {
    return Date.now() >= this.#accessibleAt;
  }

  /** Whether Entra authentication is on. */
  get entraAuth(): boolean {
    return this.#state.value.entraAuth;
  }

  /** Makes a principal an administrator, see {@link Administrators.add}. Does nothing for one that is an administrator. */
  async addAdministrator(administrator: Administrator): Promise<void> {
    if (!this.entraAuth) {
      throw new Error(
        `The server ${this.#options.name} has no Entra authentication. Set authConfig.activeDirectoryAuth to Enabled.`,
      );
    }
    await this.#copy.settled();
    await this.#turns.take(() => this.#administrators.add(administrator));
  }

  /** Changes how Azure behaves where that is not known, for a test. */
  async behave(changes: Partial<AzureBehaviour>): Promise<void> {
    this.#behaviour = { ...this.#behaviour, ...changes };
    this.#logins = 0;
    this.#administrators.dropsRoles = this.#behaviour.removedAdministrators === "dropped";
    if (this.entraAuth) await this.#turns.take(() => this.#copy.behave(this.#behaviour));
  }

  /** Removes an administrator's rights and sessions. An unknown object id is not an error. */
  async removeAdministrator(objectId: string): Promise<void> {
    await this.#turns.take(() => this.#administrators.remove(objectId));
  }

  /** Makes a database, see {@link makeDatabase}. Its owner is azure_pg_admin with one administrator, azuresu without any. */
  async createDatabase(name: string, charset?: string, collation?: string): Promise<void> {
    await this.#turns.take(async () => {
      const administrators = await this.#administrators.count();
      const owner =
        administrators === 0 ? SUPERUSER : administrators === 1 ? "azure_pg_admin" : this.#behaviour.databaseOwner;
      await makeDatabase(this.#cluster, name, owner, charset, collation);
    });
  }

  /** Drops a database and ends the sessions in it. An unknown name is not an error. @throws Error for a system database */
  async dropDatabase(name: string): Promise<void> {
    if (SYSTEM_DATABASES.includes(name) || name.startsWith("template")) {
      throw new Error(`The database ${name} belongs to the server ${this.#options.name} and cannot be dropped.`);
    }
    const drop = `DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`;
    await this.#turns.take(() => this.#cluster.query(drop));
  }

  /**
   * Sets a server parameter, and restarts the server when the parameter needs it.
   * @throws Error for an unknown or read-only parameter, or a value that it does not take; the server then runs as before
   */
  async setConfiguration(name: string, value: string): Promise<void> {
    await this.#turns.take(() => this.#configure(() => this.#parameters.set(name, value)));
  }

  /** Resets a server parameter to its default. */
  async resetConfiguration(name: string): Promise<void> {
    await this.#turns.take(() => this.#configure(() => this.#parameters.reset(name)));
  }

  /** A server parameter's value and default, in PostgreSQL's base units; undefined for one that is not known. */
  async getConfiguration(name: string): Promise<ServerParameter | undefined> {
    return await this.#turns.take(() => this.#parameters.get(name));
  }

  /**
   * Sets the addresses that can connect. With an empty list no client can. Undefined removes the firewall, as for a server with a private endpoint;
   * a new server has none.
   */
  setFirewallRules(rules: FirewallRule[] | undefined): void {
    this.#firewall.change(rules, this.#behaviour.firewallDelay);
    if (rules === undefined) delete this.#state.value.firewallRules;
    else this.#state.value.firewallRules = structuredClone(rules);
    this.#state.save();
  }

  /** Turns Entra authentication on or off. A change restarts the server, as on Azure. Roles and their bindings stay. */
  async setEntraAuth(enabled: boolean): Promise<void> {
    if (enabled === this.entraAuth) return;
    this.#state.value.entraAuth = enabled;
    this.#state.save();
    await this.#turns.take(async () => {
      if (!enabled) await this.#copy.remove();
      await this.#restart();
      if (enabled) await this.#copy.install(this.#behaviour);
    });
  }

  /** Restarts PostgreSQL: sessions are ended, the data stays. Clients get 57P03 meanwhile. */
  async restart(): Promise<void> {
    await this.#turns.take(() => this.#restart());
  }

  /** Stops the server; {@link FlexibleServer.open} starts it again. */
  async stop(): Promise<void> {
    this.#copy.close();
    this.#firewall.close();
    this.#behaviour = { ...this.#behaviour, restartAtLogin: 0 };
    // PostgreSQL first: its last message tells clients why they are disconnected.
    await this.#turns.take(() => this.#cluster.stop());
    await this.#gateway?.close();
  }

  /** Stops the server and deletes its data. */
  async destroy(): Promise<void> {
    await this.stop();
    await this.#cluster.destroy();
  }

  /** Runs statements as the superuser, which on Azure only its operators can. For tests. */
  async asService(statements: string, database = "postgres"): Promise<Record<string, unknown>[]> {
    return await this.#cluster.inDatabase(database, async (client) => {
      const result: pg.QueryResult | pg.QueryResult[] = await client.query(statements);
      return (Array.isArray(result) ? result.at(-1) : result)?.rows ?? [];
    });
  }

  /**
   * Makes the pgaadauth functions that create and update fail, for a test. Azure's SQLSTATE "0LP01" says that the server may not read the directory.
   * A later call replaces an earlier one.
   * @param code SQLSTATE
   * @param times how many calls fail
   */
  async refusePrincipals(code: string, message: string, times: number): Promise<void> {
    await this.#cluster.query("DELETE FROM pgaadauth.refusal");
    await this.#cluster.query("ALTER SEQUENCE pgaadauth.refusals RESTART");
    await this.#cluster.query("INSERT INTO pgaadauth.refusal VALUES ($1, $2, $3)", [code, message, times]);
  }

  async #listen(certificate: IssuedCertificate): Promise<void> {
    const { directory, issuer, hostName, address, port, version } = this.#options;
    const check = new AccessTokenCheck(directory, issuer);
    this.#gateway = await Gateway.listen({
      addresses: hostName === "localhost" ? [address, "::1"] : [address],
      port,
      certificate,
      latestMinor: Number(version) >= 18 ? 2 : 0,
      socketPath: () => this.#cluster.socketPath,
      accessible: () => this.accessible,
      allows: (client) => this.#firewall.allows(client),
      findRole: (name) => this.#findRole(name),
      checkToken: async (token, role, binding) => {
        await check.check(token, role, binding);
        this.#countLogin();
      },
      log: (line) => log(this.#options, line),
    });
    await this.#applyTlsVersions();
    if (this.entraAuth) await this.#copy.install(this.#behaviour);
  }

  /** @throws Refusal at a login at which the server restarts */
  #countLogin(): void {
    this.#logins += 1;
    if (this.#logins !== this.#behaviour.restartAtLogin) return;
    log(this.#options, "restarts, as Azure may at any time");
    this.restart().catch((error: unknown) => log(this.#options, `did not restart: ${String(error)}`));
    throw new Refusal("notReady");
  }

  async #restart(): Promise<void> {
    await this.#cluster.stop();
    await this.#cluster.start();
    // What changed in the directory meanwhile was not copied.
    this.#copy.update();
  }

  async #findRole(name: string): Promise<RoleBinding | undefined> {
    if (!this.entraAuth) return undefined;
    await this.#copy.settled();
    const role = await labelledRole(this.#cluster, name);
    return role && parseLabel(role.label);
  }

  async #configure(change: () => Promise<Effect>): Promise<void> {
    const path = join(this.#cluster.dataDir, "postgresql.auto.conf");
    const before = readFileSync(path);
    const state = structuredClone(this.#state.value);
    const effect = await change();
    try {
      if (effect === "restart") await this.#restart();
      await this.#applyTlsVersions();
    } catch (error) {
      // Overwritten in place, so that the file's owner and mode stay.
      writeFileSync(path, before);
      Object.assign(this.#state.value, { defaults: state.defaults, azure: state.azure });
      await this.#cluster.start();
      throw error;
    }
    this.#state.save();
  }

  async #applyTlsVersions(): Promise<void> {
    const version = async (name: string, otherwise: SecureVersion) => {
      const value = (await this.#parameters.get(name))?.value;
      return value === "TLSv1.2" || value === "TLSv1.3" ? value : otherwise;
    };
    const min = await version("ssl_min_protocol_version", "TLSv1.2");
    const max = await version("ssl_max_protocol_version", "TLSv1.3");
    this.#gateway?.setTlsVersions({ min, max });
  }
}

function log({ name, log: take }: FlexibleServerOptions, line: string): void {
  take?.(`${name}: ${line}`);
}

function certificateNames({ name, address, hostName }: FlexibleServerOptions): { dns: string[]; ip: string[] } {
  const ip = hostName === "localhost" ? [address, "::1"] : [address];
  // A client may reach the server by its name on Azure, through an entry in /etc/hosts.
  const dns = [`${name}.postgres.database.azure.com`];
  if (isIP(hostName) === 0) dns.unshift(hostName);
  else if (!ip.includes(hostName)) ip.push(hostName);
  return { dns, ip };
}
