import { readFileSync } from "node:fs";
import type { AzureBehaviour } from "../behaviour.ts";
import { type Directory, principalName } from "../entra/directory.ts";
import type { Cluster } from "./cluster.ts";

/** The pgaadauth functions of one server, and the copy of the directory in which they find principals. */
export class DirectoryCopy {
  readonly #cluster: Cluster;
  readonly #directory: Directory;
  readonly #log: (line: string) => void;
  #unsubscribe: (() => void) | undefined;
  #current: Promise<void> = Promise.resolve();

  constructor(cluster: Cluster, directory: Directory, log: (line: string) => void) {
    this.#cluster = cluster;
    this.#directory = directory;
    this.#log = log;
  }

  /** Makes the functions, and updates the copy at each change of the directory from now on. */
  async install(behaviour: AzureBehaviour): Promise<void> {
    await this.#cluster.query(readSql("pgaadauthRemove.sql") + readSql("pgaadauth.sql"));
    await this.#cluster.query("INSERT INTO pgaadauth.tenant VALUES ($1)", [this.#directory.tenantId]);
    await this.behave(behaviour);
    this.#unsubscribe ??= this.#directory.onChange(() => this.update());
    this.update();
    await this.#current;
  }

  /** Tells the functions how to behave. */
  async behave(behaviour: AzureBehaviour): Promise<void> {
    await this.#cluster.query(
      `MERGE INTO pgaadauth.behaviour b USING jsonb_each_text($1) e ON b.name = e.key
      WHEN MATCHED THEN UPDATE SET value = e.value WHEN NOT MATCHED THEN INSERT VALUES (e.key, e.value)`,
      [JSON.stringify(behaviour)],
    );
  }

  /** Removes the functions. Roles and their labels stay. */
  async remove(): Promise<void> {
    this.close();
    await this.#current;
    await this.#cluster.query(readSql("pgaadauthRemove.sql"));
  }

  /** Resolves when every change of the directory so far is in the copy. */
  async settled(): Promise<void> {
    await this.#current;
  }

  /** Stops following the directory. */
  close(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }

  /** Brings the copy up to date, if there is one. */
  update(): void {
    if (!this.#unsubscribe) return;
    this.#current = this.#current
      .then(() => this.#copy())
      .catch((error: unknown) => this.#log(`the directory was not copied: ${String(error)}`));
  }

  async #copy(): Promise<void> {
    // The next start of the server copies the directory.
    if (!this.#cluster.running) return;
    const principals = this.#directory.list().map((principal, age_rank) => ({
      object_id: principal.objectId,
      client_id: principal.clientId,
      name: principalName(principal),
      type: principal.type,
      visible_at: new Date(principal.visibleAt).toISOString(),
      age_rank,
    }));
    await this.#cluster.query(
      `WITH fresh AS (SELECT * FROM jsonb_populate_recordset(NULL::pgaadauth.principal, $1)),
        gone AS (DELETE FROM pgaadauth.principal WHERE object_id NOT IN (SELECT object_id FROM fresh))
      MERGE INTO pgaadauth.principal p USING fresh f ON p.object_id = f.object_id
      WHEN MATCHED THEN UPDATE SET client_id = f.client_id, name = f.name, type = f.type,
        visible_at = f.visible_at, age_rank = f.age_rank
      WHEN NOT MATCHED THEN INSERT VALUES (f.object_id, f.client_id, f.name, f.type, f.visible_at, f.age_rank)`,
      [JSON.stringify(principals)],
    );
  }
}

function readSql(name: string): string {
  return readFileSync(new URL(name, import.meta.url), "utf8");
}
