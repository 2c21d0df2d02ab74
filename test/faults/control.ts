import { Client } from "pg";
import { databaseToken } from "../../components/azure/credential.ts";
import { identifier } from "../../components/postgres/quoting.ts";
import type { Lifecycle } from "./stack.ts";

/** Seconds; only so that the suite ends: the `pg` default, which scripts use, is to wait without end. */
const TIMEOUT = 20;

/** Runs one statement on a connection of its own. */
export async function once(
  inputs: { host: string; port: number; database: string; adminUser: string },
  text: string,
  values: unknown[] = [],
): Promise<Record<string, unknown>[]> {
  const client = new Client({
    host: inputs.host,
    port: inputs.port,
    database: inputs.database,
    user: inputs.adminUser,
    password: () => databaseToken(),
    // What `sslmode=require` means to libpq and to the drivers that follow it: encrypted, without a check of the server.
    ssl: { rejectUnauthorized: false },
    connectionTimeoutMillis: TIMEOUT * 1000,
    query_timeout: TIMEOUT * 1000,
  });
  client.on("error", () => {});
  try {
    await client.connect();
    return (await client.query(text, values)).rows;
  } finally {
    await client.end().catch(() => {});
  }
}

/**
 * The same six functions with the handling left out: the statements of the article in the order of the article, once, as scripts and
 * deployment hooks run them. It is what the column "control" of the report counts.
 */
export const control: Lifecycle = {
  // Scripts check nothing before they run.
  check: async (_olds, news) => ({ inputs: news, failures: [] }),
  // The usual dynamic provider compares its inputs, and replaces the resource where it cannot update it.
  diff: async (_id, olds, news) => {
    const fields = ["host", "database", "roleName", "objectId", "principalType", "isAdmin", "isMfa"] as const;
    const replaces = fields.filter((field) => olds[field] !== news[field]);
    return { changes: replaces.length > 0, replaces };
  },
  // The article: one call by name. What it bound to is not looked at.
  create: async (inputs) => {
    const [row] = await once(inputs, "SELECT pgaadauth_create_principal($1, $2, $3) AS message", [
      inputs.roleName,
      inputs.isAdmin,
      inputs.isMfa,
    ]);
    return { id: `${inputs.host}/${inputs.roleName}`, outs: { ...inputs, instance: "", message: row?.message } };
  },
  // Without a look at the server, the state is taken for the truth.
  read: async (id, props) => ({ id, props }),
  update: async (_id, olds, news) => ({ outs: { ...olds, ...news } }),
  // What Microsoft's page says about removing a role.
  remove: async (_id, props) => {
    await once(props, `DROP ROLE ${identifier(props.roleName)}`);
  },
};
