import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readMark } from "../../components/postgres/ownerMark.ts";
import type { PrincipalInputs } from "../../components/principal/inputs.ts";
import * as runtime from "../../components/principal/runtime.ts";
import { ResourceManager } from "../../sandbox/azure/resourceManager.ts";
import type { Principal } from "../../sandbox/entra/directory.ts";
import { Imds } from "../../sandbox/entra/imds.ts";
import { findSecrets } from "../harness/leakScan.ts";
import { TestServer } from "../harness/testServer.ts";
import { Catalogs } from "./catalogs.ts";
import { control } from "./control.ts";
import { Cutter } from "./cutter.ts";
import { EngineStack } from "./engineStack.ts";
import { type Lifecycle, Stack } from "./stack.ts";

/**
 * Seconds. The Azure SDK keeps a managed identity's token for the whole process, but none that has less than five minutes left: so
 * each operation here asks the metadata service.
 */
const TOKEN_LIFETIME = 240;

/** The SDK remembers the metadata service's address for the whole process, too; so every context has the same. */
let metadataPort = 0;

const GROUP_ID = "/subscriptions/s/resourceGroups/g";
const SERVER_ID = `${GROUP_ID}/providers/Microsoft.DBforPostgreSQL/flexibleServers/testserver`;

/** The work failed as expected, but its message does not help the user. */
export class Unexplained extends Error {}

/**
 * The fixture of every row: a server with one administrator behind the cutter, the deployer's metadata service, and
 * the functions under test. {@link FaultContext.reset} removes what a row leaves behind.
 */
export class FaultContext extends Catalogs {
  readonly server: TestServer;
  readonly imds: Imds;
  readonly cutter: Cutter;
  /** Azure Resource Manager, which knows the server under {@link FaultContext.serverId} while `serverExists`. */
  readonly manager: ResourceManager;
  readonly serverId = SERVER_ID;
  serverExists = true;
  /** The functions under test: the program's own, or the control. */
  readonly lifecycle: Lifecycle;
  /** An identity without a role of its own; rows bind other roles to it. */
  readonly stranger: Principal;
  /** Further administrators as whom the deployer can log in. */
  readonly administrators: Principal[] = [];
  /** Lines that the functions printed since the last reset. */
  readonly output: string[] = [];
  readonly #environment: NodeJS.ProcessEnv;
  readonly #log = console.log;
  readonly #databases: string[] = [];

  private constructor(server: TestServer, imds: Imds, cutter: Cutter, lifecycle: Lifecycle, manager: ResourceManager) {
    super();
    this.server = server;
    this.manager = manager;
    this.imds = imds;
    this.cutter = cutter;
    this.lifecycle = lifecycle;
    this.stranger = server.directory.add({ displayName: "stranger", type: "service" });
    this.#environment = { ...process.env };
    this.setEnvironment();
    console.log = (...parts: unknown[]) => this.output.push(parts.join(" "));
  }

  /** @param lifecycle @default the program's own */
  static async open(lifecycle: Lifecycle = runtime): Promise<FaultContext> {
    const server = await TestServer.open();
    let context: FaultContext | undefined;
    const imds = await Imds.start({
      issuer: server.issuer,
      identities: () =>
        [server.admin, ...(context?.administrators ?? [])].map((principal) => ({ principal, kind: "user" })),
      port: metadataPort,
      tokenLifetimeSeconds: TOKEN_LIFETIME,
    });
    metadataPort = Number(new URL(imds.url).port);
    const cutter = await Cutter.start({ targetPort: server.server.port, authority: server.authority });
    await server.server.asService(
      "CREATE ROLE canary NOLOGIN; CREATE TABLE canary (n int); INSERT INTO canary VALUES (1)",
    );
    const manager = await ResourceManager.start({
      issuer: server.issuer,
      find: (id) => (id === GROUP_ID || (id === SERVER_ID && context?.serverExists) ? { id } : undefined),
    });
    context = new FaultContext(server, imds, cutter, lifecycle, manager);
    return context;
  }

  async close(): Promise<void> {
    console.log = this.#log;
    process.env = this.#environment;
    await this.cutter.close();
    await this.imds.close();
    await this.manager.close();
    await this.server.close();
  }

  /** The variables by which the Azure SDK finds the deployer's credential, and nothing that leads elsewhere. */
  setEnvironment(): void {
    process.env = {
      ...this.#environment,
      AZURE_POD_IDENTITY_AUTHORITY_HOST: this.imds.url,
      AZURE_CLIENT_ID: this.server.admin.clientId ?? "",
      AZURE_TOKEN_CREDENTIALS: "ManagedIdentityCredential",
      AZURE_TENANT_ID: this.server.directory.tenantId,
      ARM_ENDPOINT: this.manager.url,
      NO_PROXY: "127.0.0.1,localhost",
    };
    for (const name of Object.keys(process.env)) {
      if (/^(ARM_(?!ENDPOINT)|PG|IDENTITY_|MSI_|HTTPS?_PROXY|NODE_TLS)/i.test(name)) {
        delete process.env[name];
      }
    }
  }

  /** Takes back every switch and drops what a row made. */
  async reset(): Promise<void> {
    this.cutter.reset();
    this.imds.fault = undefined;
    this.imds.requests = 0;
    this.serverExists = true;
    this.manager.refusal = undefined;
    this.server.issuer.override = {};
    this.server.directory.replicationDelay = 0;
    this.output.length = 0;
    this.administrators.length = 0;
    this.setEnvironment();
    await this.server.server.asService("DELETE FROM pgaadauth.refusal");
    rmSync(join(this.server.dir, "engine"), { recursive: true, force: true });
    await this.dropDatabases();
    for (const name of await this.roles()) {
      const role = `"${name.replaceAll('"', '""')}"`;
      await this.service(`DROP OWNED BY ${role} CASCADE; DROP ROLE ${role}`);
    }
  }

  /** An identity of the tenant, under a name that no other has. */
  identity(name = `app-${randomUUID().slice(0, 8)}`, type: Principal["type"] = "service"): Principal {
    return this.server.directory.add({
      displayName: name,
      type,
      ...(type === "user" ? { userPrincipalName: name } : {}),
    });
  }

  /** Inputs for a role of this identity, as the resource would send them, with waits that are short. */
  inputs({ displayName, objectId, clientId }: Principal, changes: Partial<PrincipalInputs> = {}): PrincipalInputs {
    return {
      host: "localhost",
      port: this.cutter.port,
      database: "postgres",
      adminUser: "admin",
      caCert: this.server.authority.certificatePem,
      roleName: displayName,
      objectId,
      clientId,
      principalType: "service",
      isAdmin: false,
      isMfa: false,
      canLogin: true,
      bindBy: "name",
      onConflict: "refuse",
      onDelete: "refuse",
      waitSeconds: 5,
      deadlineSeconds: 30,
      owner: `urn:pulumi:dev::faults::${displayName}`,
      ...changes,
    };
  }

  /** A port of this machine on which nothing listens. */
  async closedPort(): Promise<number> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    return port;
  }

  get lifecycleName(): "own" | "control" {
    return this.lifecycle === control ? "control" : "own";
  }

  /** An empty stack for one resource. */
  stack(): Stack {
    return new Stack(this.lifecycle);
  }

  /** A stack that holds the identity's role, made without a fault; the cutter has forgotten it. */
  async made(inputs: PrincipalInputs): Promise<Stack> {
    const stack = this.stack();
    await stack.up(inputs);
    this.cutter.reset();
    this.output.length = 0;
    return stack;
  }

  /** Lets an identity be seen by the server at once, that a replication delay held back. */
  async forgetDelay({ objectId }: Principal): Promise<void> {
    await this.service(`UPDATE pgaadauth.principal SET visible_at = now() WHERE object_id = '${objectId}'`);
  }

  /** A stack of the same role under the real engine. */
  engine(name = "dev"): Promise<EngineStack> {
    return EngineStack.open(this, name);
  }

  /**
   * Waits until a condition holds.
   *
   * @param meanwhile an operation under way; when it fails first, its failure is thrown
   * @throws AssertionError when it does not hold within five minutes
   */
  async until(condition: () => boolean | Promise<boolean>, meanwhile?: Promise<unknown>): Promise<void> {
    const end = performance.now() + 300_000;
    let failure: { error: unknown } | undefined;
    meanwhile?.catch((error: unknown) => {
      failure = { error };
    });
    while (!(await condition())) {
      if (failure) {
        throw failure.error;
      }
      assert.ok(performance.now() < end, `the condition did not hold within five minutes: ${condition}`);
      await sleep(20);
    }
  }

  /**
   * The message of work that runs into its deadline. The deadline doubles until the fault has occurred: a slow machine takes longer to
   * reach it.
   */
  async deadlineFailure(
    seconds: number,
    run: (deadlineSeconds: number) => Promise<unknown>,
    occurred: () => boolean,
  ): Promise<string> {
    for (let deadline = seconds; ; deadline *= 2) {
      const message = await this.failure(run(deadline));
      if (occurred() || deadline > 300) {
        return message;
      }
    }
  }

  /** Whether the server answered with this SQLSTATE since the cutter's last reset. */
  answered(sqlState: string): boolean {
    return this.cutter.seen.some(({ type, text }) => type === "ErrorResponse" && text === sqlState);
  }

  /** Runs statements as the administrator, past the cutter. */
  sql(statements: string, database?: string): Promise<Record<string, unknown>[]> {
    return this.server.query("admin", this.server.admin, statements, database);
  }

  override service(statements: string, database?: string): Promise<Record<string, unknown>[]> {
    return this.server.server.asService(statements, database);
  }

  /** Logs in as the identity and answers who it is there. @throws what the server says when it refuses */
  async login(identity: Principal, role: string, database?: string): Promise<unknown> {
    const [row] = await this.server.query(role, identity, "SELECT current_user::text AS who", database);
    return row?.who;
  }

  /** A database of the row's own, owned by the administrator, in which `role` may make tables. */
  async database(role?: string): Promise<string> {
    const name = `db_${randomUUID().slice(0, 8)}`;
    await this.server.server.createDatabase(name);
    this.#databases.push(name);
    if (role) {
      await this.sql(`GRANT CREATE ON SCHEMA public TO "${role}"`, name);
    }
    return name;
  }

  /** Drops the databases that a row made. */
  async dropDatabases(): Promise<void> {
    for (const database of this.#databases.splice(0)) {
      await this.server.server.dropDatabase(database);
    }
  }

  /**
   * The message of what `work` throws: explained, without a stack, without a secret.
   *
   * @throws AssertionError when it throws nothing, or a secret
   * @throws Unexplained when it throws something else that no user should see
   */
  async failure(work: Promise<unknown>): Promise<string> {
    const error = await work.then(
      () => assert.fail("it was accepted"),
      (thrown: Error) => thrown,
    );
    assert.ok(!(error instanceof assert.AssertionError), error.message);
    this.holdsNoSecret(`${error.message}\n${error.stack}`);
    if (!["EntraPostgresError", "Error"].includes(error.name) || error.stack !== "") {
      throw new Unexplained(`not for a user's eyes: ${error.stack || `${error.name}: ${error.message}`}`);
    }
    if (!/next: +\S|property \w+: /.test(error.message)) {
      throw new Unexplained(`the error carries no remedy: ${error.message}`);
    }
    return error.message;
  }

  /** @throws AssertionError when a token that was ever issued, or a part of one, is in the text */
  holdsNoSecret(text: string): void {
    assert.deepEqual(findSecrets(text, this.server.tokens), []);
  }

  /**
   * Checks, after the fault, that the next `up` makes the role as the inputs say and that the one after has nothing to do.
   */
  async converges(stack: Stack, inputs: PrincipalInputs): Promise<void> {
    this.cutter.reset();
    await stack.up(inputs, { refresh: true });
    await this.matchesInputs(stack, inputs);
    assert.equal(await stack.preview(inputs), "same");
    assert.equal(await stack.refresh(), false, "a refresh right after finds something else");
    assert.equal(await stack.preview(inputs), "same");
    this.holdsNoSecret(this.output.join("\n"));
    this.holdsNoSecret(JSON.stringify(stack.state));
  }

  /** Checks the catalogs and the state against the inputs. */
  async matchesInputs(stack: Stack, inputs: PrincipalInputs): Promise<void> {
    const role = await this.role(inputs.roleName);
    assert.ok(role, `there is no role "${inputs.roleName}"`);
    assert.equal(await this.boundTo(inputs.roleName), inputs.objectId.toLowerCase());
    assert.equal(role.canLogin, inputs.canLogin);
    assert.equal(role.createRole || role.createDatabase || role.memberOf.includes("azure_pg_admin"), inputs.isAdmin);
    // Memberships in roles that are not predefined are those roles' concern.
    const declared = inputs.memberOf ?? [];
    assert.deepEqual(
      declared.filter((name) => !role.memberOf.includes(name)),
      [],
    );
    assert.deepEqual(
      role.memberOf.filter((name) => name.startsWith("pg_") && !declared.includes(name)),
      [],
    );
    await this.canaryLives();
    if (this.lifecycle === control) {
      // It remembers neither, which is no fault in itself.
      return;
    }
    assert.equal(stack.state?.outputs.roleOid, role.oid, "the state means another role");
    assert.deepEqual(
      [...(stack.state?.outputs.memberOf ?? [])].sort(),
      [...declared].sort(),
      "the state has other memberships",
    );
    assert.equal(
      stack.state?.outputs.instance,
      readMark(role.comment ?? "")?.instance,
      "the state means another owner",
    );
  }
}
