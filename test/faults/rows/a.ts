import assert from "node:assert/strict";
import { type FaultContext, Unexplained } from "../context.ts";
import type { Rows } from "../row.ts";
import { CheckFailed } from "../stack.ts";

/** Each of these names is refused before a connection is opened, in words that print on any terminal. */
async function refused(context: FaultContext, names: string[], words: RegExp): Promise<void> {
  const before = await context.roles();
  for (const name of names) {
    const stack = context.stack();
    const error = await stack.up(context.inputs(context.identity(), { roleName: name })).catch((thrown) => thrown);
    if (!(error instanceof CheckFailed)) {
      throw new Unexplained(`${JSON.stringify(name)} was not refused by check: ${error}`);
    }
    assert.match(error.message, words);
    assert.match(error.message, /^[\x20-\x7e\n]*$/, "the message holds what a terminal could obey");
    assert.equal(stack.state, undefined);
  }
  assert.equal(context.cutter.connections, 0);
  assert.deepEqual(await context.roles(), before);
}

/** Each of these names becomes exactly that role. */
async function exact(context: FaultContext, names: string[]): Promise<void> {
  for (const name of names) {
    const inputs = context.inputs(context.identity(name));
    const stack = context.stack();
    await context.converges(stack, inputs);
    assert.deepEqual(await context.roles(), [name]);
    await stack.destroy();
  }
}

export const rows: Rows = {
  A1: (context) => refused(context, ["x'); DROP TABLE canary;--", "x'||pg_sleep(9)||'"], /U\+0027/),

  A2: (context) => refused(context, ['a" SUPERUSER; --', 'a"b'], /U\+0022/),

  A3: async (context) => {
    await refused(context, ["a\\b", "a\\"], /U\+005C/);
    await exact(context, ["a%Ib", "a%s%n", "$$a$$", "$1", "{{name}}", "#{x}", "a`b"]);
  },

  A4: async (context) => {
    await refused(context, ["a\0b", "a\0database\0template1"], /U\+0000/);
    const inputs = context.inputs(context.identity(), { adminUser: "admin\0database\0template1" });
    assert.match(await context.failure(context.stack().up(inputs)), /property adminUser: .*U\+0000/);
    assert.equal(context.cutter.connections, 0);
  },

  A5: (context) => refused(context, ["a\nb", "a\tb", "a\u0007b", "a\u001b[31mb", "a\u009bb"], /U\+00/),

  A6: async (context) => {
    await refused(context, ["v".repeat(64), "v".repeat(128)], /(64|128) bytes, the limit is 63/);
    await exact(context, ["v".repeat(63)]);
  },

  A7: async (context) => {
    const first = context.identity("n".repeat(63));
    const stack = await context.made(context.inputs(first));
    await refused(context, [`${"n".repeat(63)}1`, `${"n".repeat(63)}2`], /64 bytes/);
    await context.converges(stack, context.inputs(first));
  },

  A8: async (context) => {
    await refused(context, ["é".repeat(40), "é".repeat(32)], /(80|64) bytes/);
    await exact(context, ["日".repeat(21)]);
  },

  A9: async (context) => {
    await refused(context, ["cafe\u0301"], /NFC.*U\+0301/);
    await refused(context, ["ap\u200bp", "ap\u202epa", "\ufeffapp", "a\u2028b"], /U\+(200B|202E|FEFF|2028)/);
    await refused(context, ["\u0430pp", "\u03bfrders"], /alphabets.*U\+0(430|3BF)/);
  },

  A10: async (context) => {
    const [lower, upper] = [context.identity("myapp"), context.identity("MyApp")];
    await context.made(context.inputs(lower));
    const stack = context.stack();
    await stack.up(context.inputs(upper));
    assert.match(context.output.join("\n"), /warning: the server also has "myapp"/);
    await context.converges(stack, context.inputs(upper));
    assert.equal(await context.boundTo("myapp"), lower.objectId);
  },

  A11: (context) =>
    refused(
      context,
      ["public", "PUBLIC", "none", "pg_x", "PG_monitor", "postgres", "azure_pg_admin", "azuresu", "replication"],
      /is reserved/,
    ),

  A12: (context) => refused(context, ["", " ", " a", "a ", "\u00a0a"], /empty or begins or ends with white space/),

  A13: async (context) => {
    const identity = context.identity();
    const inputs = context.inputs(identity);
    const stack = await context.made(inputs);
    const name = `x"; DROP TABLE canary; --'$$`;
    const quoted = `"${name.replaceAll('"', '""')}"`;
    await context.server.server.createDatabase(name);
    try {
      await context.sql(
        `CREATE SCHEMA ${quoted}; CREATE TABLE ${quoted}.${quoted} (n int);
          GRANT USAGE, CREATE ON SCHEMA ${quoted} TO "${inputs.roleName}"`,
        name,
      );
      await context.service(`ALTER TABLE ${quoted}.${quoted} OWNER TO "${inputs.roleName}"`, name);
      assert.match(await context.failure(stack.destroy()), /1 object\(s\): table .*DROP TABLE canary/);
      const oid = stack.state?.outputs.roleOid ?? "";
      await stack.up({ ...inputs, onDelete: "reassign" });
      await stack.destroy();
      await context.isGone(inputs.roleName, oid);
      assert.deepEqual(
        await context.service(`SELECT tableowner FROM pg_tables WHERE schemaname = $q$${name}$q$`, name),
        [{ tableowner: "admin" }],
      );
      await context.canaryLives();
    } finally {
      await context.server.server.dropDatabase(name);
    }
  },
};
