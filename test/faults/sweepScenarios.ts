import assert from "node:assert/strict";
import type { PrincipalInputs } from "../../components/principal/inputs.ts";
import type { FaultContext } from "./context.ts";
import type { Prepared } from "./prepared.ts";
import type { Stack } from "./stack.ts";

/** The operations on a role that are swept. Each prepares a role of its own. */
export const ROLE_SCENARIOS: Record<string, (context: FaultContext) => Promise<Prepared>> = {
  create: async (context) => {
    const inputs = context.inputs(context.identity());
    const stack = context.stack();
    return {
      job: { of: "principal", operation: "create", args: [inputs] },
      run: () => stack.up(inputs),
      verify: async () => {
        await context.converges(stack, inputs);
        await drop(context, stack, inputs);
      },
    };
  },

  rebind: async (context) => {
    const [old, fresh] = [context.identity(), context.identity()];
    const first = context.inputs(old);
    const stack = await context.made(first);
    const database = await belongings(context, first.roleName);
    const inputs = { ...first, objectId: fresh.objectId, clientId: fresh.clientId };
    const { id, outputs } = stack.state ?? assert.fail("there is no state");
    return {
      job: { of: "principal", operation: "update", args: [id, outputs, inputs] },
      run: () => stack.up(inputs),
      verify: async () => {
        await context.converges(stack, inputs);
        const rows = await context.service(
          `SELECT (SELECT tableowner FROM pg_tables WHERE tablename = 'owned')::text AS owner,
                  has_table_privilege('${inputs.roleName}', 'granted', 'SELECT') AS granted`,
          database,
        );
        assert.deepEqual(rows, [{ owner: inputs.roleName, granted: true }]);
        await stack.up({ ...inputs, onDelete: "drop" });
        await drop(context, stack, inputs);
      },
    };
  },

  delete: async (context) => {
    const inputs = context.inputs(context.identity(), { onDelete: "reassign" });
    const stack = await context.made(inputs);
    const databases = [await belongings(context, inputs.roleName), await belongings(context, inputs.roleName)];
    const { id, outputs } = stack.state ?? assert.fail("there is no state");
    return {
      job: { of: "principal", operation: "remove", args: [id, outputs] },
      run: () => stack.destroy(),
      verify: async () => {
        await stack.destroy();
        await context.isGone(inputs.roleName, outputs.roleOid ?? "");
        for (const database of databases) {
          const rows = await context.service(
            "SELECT tableowner::text FROM pg_tables WHERE tablename = 'owned'",
            database,
          );
          assert.deepEqual(rows, [{ tableowner: "admin" }], "what it owned was not given away");
        }
        await context.dropDatabases();
      },
    };
  },
};

/** A database with a table that the role owns and one that it may read. */
async function belongings(context: FaultContext, role: string): Promise<string> {
  const database = await context.database(role);
  await context.service(
    `CREATE TABLE owned (n int); ALTER TABLE owned OWNER TO "${role}";
    CREATE TABLE granted (n int); ALTER TABLE granted OWNER TO admin; GRANT SELECT ON granted TO "${role}"`,
    database,
  );
  return database;
}

async function drop(context: FaultContext, stack: Stack, { roleName }: PrincipalInputs): Promise<void> {
  const oid = stack.state?.outputs.roleOid ?? "";
  await stack.destroy();
  await context.isGone(roleName, oid);
  await context.dropDatabases();
}
