import { readFileSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import type { SecureVersion } from "node:tls";
import pg from "pg";
import type { Directory } from "../entra/directory.ts";
import type { TokenIssuer } from "../entra/tokenIssuer.ts";
import { StateFile } from "../stateFile.ts";
import { AccessTokenCheck, parseLabel, type RoleBinding } from "./accessToken.ts";
import { type Administrator, Administrators } from "./administrators.ts";
import { isPostgresVersion, POSTGRES_VERSIONS } from "./binaries.ts";
import type { CertificateAuthority } from "./certificates.ts";
import { Cluster, SUPERUSER } from "./cluster.ts";
import { DirectoryCopy } from "./directoryCopy.ts";
import { Firewall, type FirewallRule } from "./firewall.ts";
import { Gateway } from "./gateway.ts";
import { labelledRole, makeDatabase, prepareServer, SYSTEM_DATABASES } from "./roles.ts";
import { type Effect, type ParameterState, type ServerParameter, ServerParameters } from "./serverParameters.ts";

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
  /** Takes a line for each refused client and each event. No line holds a token. */
  log?: (line: string) => void;
  /** Called when PostgreSQL ends by itself. Until {@link FlexibleServer.restart} clients get 57P03. */
  onCrash?: (error: Error) => void;
  /** Seconds that a client has to log in. @default 60 */
  authenticationTimeoutSeconds?: number;
}

interface ServerState extends ParameterState {
  entraAuth: boolean;
  /** Absent for a server without a firewall. */
  firewallRules?: FirewallRule[];
}

/** One Azure server: a PostgreSQL cluster and the TLS gateway in front of it. */
export class FlexibleServer {
  readonly hostName: string;
  readonly port: number;

  readonly #options: FlexibleServerOptions;
  readonly #state: StateFile<ServerState>;
  readonly #cluster: Cluster;
  readonly #parameters: ServerParameters;
  readonly #administrators: Administrators;
  readonly #copy: DirectoryCopy;
  #gateway: Gateway | undefined;
  #firewall: Firewall;

  private constructor(
    options: FlexibleServerOptions,
    state: StateFile<ServerState>,
    cluster: Cluster,
    gateway: Gateway,
  ) {
    this.#options = options;
    this.#state = state;
    this.#cluster = cluster;
    this.#gateway = gateway;
    this.#firewall = new Firewall(state.value.firewallRules);
    this.#parameters = new ServerParameters(cluster, state.value);
    this.#administrators = new Administrators(cluster, options.directory, options.name);
    this.#copy = new DirectoryCopy(cluster, options.directory, (line) => options.log?.(`${options.name}: ${line}`));
    this.hostName = options.hostName;
    this.port = gateway.port;
  }

  /**
   * Makes a server, or starts the one that the directory holds with all its data. Entra authentication is on at first.
   * @throws Error for a version that the sandbox does not have, or when the cluster or the gateway cannot start
   */
  static async open(options: FlexibleServerOptions): Promise<FlexibleServer> {
    const { version } = options;
    if (!isPostgresVersion(version)) {
      throw new Error(
        `The server ${options.name} asks for PostgreSQL ${version}; the sandbox has PostgreSQL ${POSTGRES_VERSIONS.join(", ")}. ` +
          `Set the config value postgresVersion to one of them: pulumi config set postgresVersion ${POSTGRES_VERSIONS.at(-1)}`,
      );
    }
    const log = (line: string) => options.log?.(`${options.name}: ${line}`);
    const onCrash = (error: Error) => {
      log(error.message);
      options.onCrash?.(error);
    };
    const cluster = await Cluster.open({ dir: options.dir, version, onCrash }, prepareServer);
    const state = new StateFile<ServerState>(join(options.dir, "server.json"), () => ({
      entraAuth: true,
      defaults: {},
      azure: {},
    }));
    let server: FlexibleServer | undefined;
    const running = () => {
      if (!server) throw new Error("The server is starting.");
      return server;
    };
    let gateway: Gateway | undefined;
    try {
      const check = new AccessTokenCheck(options.directory, options.issuer);
      gateway = await Gateway.listen({
        addresses: options.hostName === "localhost" ? [options.address, "::1"] : [options.address],
        port: options.port,
        certificate: await options.authority.issue(certificateNames(options)),
        socketPath: () => cluster.socketPath,
        allows: (address) => running().#firewall.allows(address),
        findRole: (name) => running().#findRole(name),
        checkToken: (token, role, binding) => check.check(token, role, binding),
        log,
        ...(options.authenticationTimeoutSeconds === undefined
          ? {}
          : { authenticationTimeoutSeconds: options.authenticationTimeoutSeconds }),
      });
      server = new FlexibleServer(options, state, cluster, gateway);
      await server.#applyTlsVersions();
      if (state.value.entraAuth) await server.#copy.install();
      return server;
    } catch (error) {
      if (server) server.#copy.close();
      await gateway?.close();
      await cluster.stop();
      throw error;
    }
  }

  /** The server's log. */
  get logPath(): string {
    return this.#cluster.logPath;
  }

  /** Whether Entra authentication is on. */
  get entraAuth(): boolean {
    return this.#state.value.entraAuth;
  }

  /**
   * Makes a principal an administrator: a role with CREATEROLE and CREATEDB that is a member of azure_pg_admin. Does nothing when
   * it is one already.
   * @throws Error when the directory has no such principal, or the principal or the role name is in use otherwise
   */
  async addAdministrator(administrator: Administrator): Promise<void> {
    if (!this.entraAuth) {
      throw new Error(
        `The server ${this.#options.name} has no Entra authentication. Set authConfig.activeDirectoryAuth to Enabled.`,
      );
    }
    await this.#copy.settled();
    await this.#administrators.add(administrator);
  }

  /**
   * Chooses between behaviours of which nobody knows which is Azure's.
   * @param adminForCreatorOnly ADMIN on a principal's role goes to the administrator who creates it, not to azure_pg_admin
   * @param dropsAdministrators the role of a removed administrator is dropped with what it owns and has granted
   */
  async behave(behaviour: { adminForCreatorOnly: boolean; dropsAdministrators: boolean }): Promise<void> {
    this.#administrators.dropsRoles = behaviour.dropsAdministrators;
    await this.#cluster.query("DELETE FROM pgaadauth.admin_for_creator_only");
    if (behaviour.adminForCreatorOnly)
      await this.#cluster.query("INSERT INTO pgaadauth.admin_for_creator_only VALUES (true)");
  }

  /** Takes an administrator's rights and sessions away. An unknown object id is no error. */
  async removeAdministrator(objectId: string): Promise<void> {
    await this.#administrators.remove(objectId);
  }

  /**
   * Makes a database. As on Azure it is owned by azure_pg_admin, but by azuresu when the server has no administrator yet.
   * @param charset default UTF8, the only one
   * @param collation default en_US.utf8; texts are sorted by code point whatever it is
   * @throws Error when there is one of that name
   */
  async createDatabase(name: string, charset?: string, collation?: string): Promise<void> {
    const owner = (await this.#administrators.exist()) ? "azure_pg_admin" : SUPERUSER;
    await makeDatabase(this.#cluster, name, owner, charset, collation);
  }

  /** Drops a database and ends the sessions in it. One that is not there is no error. @throws Error for a system database */
  async dropDatabase(name: string): Promise<void> {
    if (SYSTEM_DATABASES.includes(name) || name.startsWith("template")) {
      throw new Error(`The database ${name} belongs to the server ${this.#options.name} and cannot be dropped.`);
    }
    await this.#cluster.query(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`);
  }

  /**
   * Sets a server parameter, and restarts the server when the parameter needs it.
   * @throws Error for an unknown or read-only parameter, or a value that it does not take; the server then runs as before
   */
  async setConfiguration(name: string, value: string): Promise<void> {
    await this.#configure(() => this.#parameters.set(name, value));
  }

  /** Gives a server parameter its default back. */
  async resetConfiguration(name: string): Promise<void> {
    await this.#configure(() => this.#parameters.reset(name));
  }

  /** A server parameter's value and default, in PostgreSQL's base units; undefined for one that is not known. */
  async getConfiguration(name: string): Promise<ServerParameter | undefined> {
    return await this.#parameters.get(name);
  }

  /**
   * Sets the addresses that may connect; with an empty list nobody can connect. Undefined takes the firewall away, as where clients come through a
   * private endpoint, and as it is on a server on which this was never called.
   */
  setFirewallRules(rules: FirewallRule[] | undefined): void {
    this.#firewall = new Firewall(rules);
    if (rules === undefined) delete this.#state.value.firewallRules;
    else this.#state.value.firewallRules = structuredClone(rules);
    this.#state.save();
  }

  /** Turns Entra authentication on or off. A change restarts the server, as on Azure. Roles and their bindings stay. */
  async setEntraAuth(enabled: boolean): Promise<void> {
    if (enabled === this.entraAuth) return;
    this.#state.value.entraAuth = enabled;
    this.#state.save();
    if (!enabled) await this.#copy.remove();
    await this.restart();
    if (enabled) await this.#copy.install();
  }

  /** Restarts PostgreSQL: sessions are ended, the data stays. Clients get 57P03 meanwhile. */
  async restart(): Promise<void> {
    await this.#cluster.stop();
    await this.#cluster.start();
  }

  /** Stops the server; {@link FlexibleServer.open} starts it again. */
  async stop(): Promise<void> {
    this.#copy.close();
    // PostgreSQL first: clients are told why they are disconnected.
    await this.#cluster.stop();
    await this.#gateway?.close();
    this.#gateway = undefined;
  }

  /** Stops the server and deletes its data. */
  async destroy(): Promise<void> {
    await this.stop();
    await this.#cluster.destroy();
  }

  /** Runs statements as the service itself: what on Azure only its operators can do. For tests, and to break things on purpose. */
  async asService(statements: string, database = "postgres"): Promise<Record<string, unknown>[]> {
    return await this.#cluster.inDatabase(database, async (client) => {
      const result: pg.QueryResult | pg.QueryResult[] = await client.query(statements);
      return (Array.isArray(result) ? result.at(-1) : result)?.rows ?? [];
    });
  }

  /**
   * Makes the pgaadauth functions that create and update fail with this error the next so many times, for a test: "0LP01" is what Azure
   * says when the server may not read the directory. A later call takes the place of an earlier one.
   * @param code SQLSTATE
   * @param times 0 ends it
   */
  async refusePrincipals(code: string, message: string, times: number): Promise<void> {
    await this.#cluster.query("DELETE FROM pgaadauth.refusal");
    await this.#cluster.query("ALTER SEQUENCE pgaadauth.refusals RESTART");
    await this.#cluster.query("INSERT INTO pgaadauth.refusal VALUES ($1, $2, $3)", [code, message, times]);
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
      if (effect === "restart") await this.restart();
      await this.#applyTlsVersions();
    } catch (error) {
      // The file's owner and mode stay: it is overwritten in place.
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

function certificateNames({ name, address, hostName }: FlexibleServerOptions): { dns: string[]; ip: string[] } {
  const ip = hostName === "localhost" ? [address, "::1"] : [address];
  // The name on Azure: a client that is led here by its resolver finds the server it expects.
  const dns = [`${name}.postgres.database.azure.com`];
  if (isIP(hostName) === 0) dns.unshift(hostName);
  else if (!ip.includes(hostName)) ip.push(hostName);
  return { dns, ip };
}
