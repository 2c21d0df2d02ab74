import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { actsAsCreator, isProfile, joinedProfiles } from "../../components/access/profiles.ts";
import { connectionTestScript } from "../../components/connectionCheck/connectionTest.ts";
import type { Principal } from "../../sandbox/entra/directory.ts";
import { POSTGRES_RESOURCE } from "../../sandbox/entra/tokenRequest.ts";
import { VirtualMachine } from "../../sandbox/vm/virtualMachine.ts";
import type { TestServer } from "./testServer.ts";

/** The server, and a query that runs as its superuser. */
interface Context {
  server: TestServer;
  query: (sql: string, database: string) => Promise<unknown>;
}

/** The schema whose rights are tested, and the schemas and databases that must be denied. */
interface Subject {
  database: string;
  schema: string;
  foreignSchemas?: string[];
  foreignDatabases?: string[];
}

/** A VM whose identity is the role `tester`. It joins a profile and runs the connection test that ConnectionCheck runs. */
export class RightsTester {
  readonly #context: Context;
  readonly #machine: VirtualMachine;
  readonly #identity: Principal;
  readonly #subject: Subject;

  private constructor(context: Context, machine: VirtualMachine, identity: Principal, subject: Subject) {
    this.#context = context;
    this.#machine = machine;
    this.#identity = identity;
    this.#subject = subject;
  }

  static async create(context: Context, subject: Subject): Promise<RightsTester> {
    const { server } = context;
    const identity = server.directory.add({ displayName: "tester", type: "service" });
    await server.query("admin", server.admin, "SELECT pgaadauth_create_principal('tester', false, false)");
    const dir = join(server.dir, "vm");
    mkdirSync(dir);
    const machine = await VirtualMachine.start({
      name: "vm",
      dir,
      issuer: server.issuer,
      identities: () => [{ principal: identity, kind: "system" }],
      address: "127.0.0.1",
      sshPort: 0,
      adminUsername: "azureuser",
      authorizedKeys: [],
    });
    return new RightsTester(context, machine, identity, subject);
  }

  /** Gives the role this profile and no other. */
  async join(profile: string): Promise<void> {
    assert.ok(isProfile(profile));
    const { database, schema } = this.#subject;
    const role = (of: string) => `${database}_${schema}_${of}`;
    const joined = joinedProfiles(profile).map(role).join(", ");
    const acts = actsAsCreator(profile) ? `SET role = ${role("migrator")}` : "RESET role";
    const all = ["reader", "writer", "migrator", "owner"].map(role).join(", ");
    await this.#context.query(
      `REVOKE ${all} FROM tester; GRANT ${joined} TO tester; ALTER ROLE tester IN DATABASE ${database} ${acts}`,
      database,
    );
  }

  /** The lines of the connection test that differ from the profile. */
  async wrong(profile: string): Promise<string[]> {
    const { server } = this.#context;
    const { database, schema, foreignSchemas = [], foreignDatabases = [] } = this.#subject;
    const { exitCode, stderr } = await this.#machine.run(
      connectionTestScript({
        clientId: this.#identity.clientId ?? "",
        objectId: this.#identity.objectId,
        tokenResource: POSTGRES_RESOURCE,
        host: "localhost",
        port: server.server.port,
        database,
        user: "tester",
        caCert: server.authority.certificatePem,
        access: { profile, schema, foreignSchemas },
        foreignDatabases,
      }),
      { timeoutSeconds: 1200 },
    );
    const lines = stderr.split("\n").filter((line) => line.includes(": expected "));
    assert.equal(exitCode, lines.length > 0 ? 16 : 0, stderr);
    return lines.map((line) => line.replace(/^(entra-postgres:)? */, ""));
  }

  async close(): Promise<void> {
    await this.#machine.stop();
    const { database } = this.#subject;
    await this.#context.query("DROP OWNED BY tester; DROP ROLE tester", database);
  }
}
