import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { actsAsCreator, isProfile, joinedProfiles } from "../../components/access/profiles.ts";
import { connectionTestScript } from "../../components/connectionCheck/proof.ts";
import type { Principal } from "../../sandbox/entra/directory.ts";
import { VirtualMachine } from "../../sandbox/vm/virtualMachine.ts";
import type { TestServer } from "./testServer.ts";

/** The server, and how to ask it something as the service itself. */
interface FaultContext {
  server: TestServer;
  query: (sql: string, database: string) => Promise<unknown>;
}

/** The schema whose rights are proved, and what must be denied beside it. */
interface Place {
  database: string;
  schema: string;
  foreignSchemas?: string[];
  foreignDatabases?: string[];
}

/** A VM whose identity, the role `prover`, can be made a member of each profile and runs the proof as ConnectionCheck has it run. */
export class Prover {
  readonly #context: FaultContext;
  readonly #machine: VirtualMachine;
  readonly #identity: Principal;
  readonly #place: Place;

  private constructor(context: FaultContext, machine: VirtualMachine, identity: Principal, place: Place) {
    this.#context = context;
    this.#machine = machine;
    this.#identity = identity;
    this.#place = place;
  }

  static async create(context: FaultContext, place: Place): Promise<Prover> {
    const { server } = context;
    const identity = server.directory.add({ displayName: "prover", type: "service" });
    await server.query("admin", server.admin, "SELECT pgaadauth_create_principal('prover', false, false)");
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
    return new Prover(context, machine, identity, place);
  }

  /** Gives the role this profile and no other. */
  async join(profile: string): Promise<void> {
    assert.ok(isProfile(profile));
    const { database, schema } = this.#place;
    const role = (of: string) => `${database}_${schema}_${of}`;
    const joined = joinedProfiles(profile).map(role).join(", ");
    const acts = actsAsCreator(profile) ? `SET role = ${role("migrator")}` : "RESET role";
    const all = ["reader", "writer", "migrator", "owner"].map(role).join(", ");
    await this.#context.query(
      `REVOKE ${all} FROM prover; GRANT ${joined} TO prover; ALTER ROLE prover IN DATABASE ${database} ${acts}`,
      database,
    );
  }

  /** The lines of the proof that did not come out as the profile says. */
  async wrong(profile: string): Promise<string[]> {
    const { server } = this.#context;
    const { database, schema, foreignSchemas = [], foreignDatabases = [] } = this.#place;
    const { exitCode, stderr } = await this.#machine.run(
      connectionTestScript({
        clientId: this.#identity.clientId ?? "",
        objectId: this.#identity.objectId,
        host: "localhost",
        port: server.server.port,
        database,
        user: "prover",
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
    const { database } = this.#place;
    await this.#context.query("DROP OWNED BY prover; DROP ROLE prover", database);
  }
}
