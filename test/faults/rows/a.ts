import assert from "node:assert/strict";
import { type FaultContext, Unexplained } from "../context.ts";
import type { FaultRow, SkippedRow } from "../row.ts";
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

export const rows: FaultRow[] = [
  {
    id: "A1",
    fault: "a name that ends a string and adds a statement",
    injected: "roleName x'); DROP TABLE canary;--",
    seen: "refused, with the offending character's code point",
    never: "the canary table is touched",
    level: "check",
    run: (context) => refused(context, ["x'); DROP TABLE canary;--", "x'||pg_sleep(9)||'"], /U\+0027/),
  },
  {
    id: "A2",
    fault: "a name that ends an identifier and adds an attribute",
    injected: 'roleName a" SUPERUSER; --',
    seen: "refused before anything is connected to",
    never: "a role with another attribute",
    level: "check",
    run: (context) => refused(context, ['a" SUPERUSER; --', 'a"b'], /U\+0022/),
  },
  {
    id: "A3",
    fault: "characters of format strings, dollar quotes and templates",
    injected: "roleName with %I, $$, {{name}}, or a backslash",
    seen: "taken literally; the backslash refused; the same answer always",
    never: "something is expanded",
    level: "lifecycle",
    run: async (context) => {
      await refused(context, ["a\\b", "a\\"], /U\+005C/);
      await exact(context, ["a%Ib", "a%s%n", "$$a$$", "$1", "{{name}}", "#{x}", "a`b"]);
    },
  },
  {
    id: "A4",
    fault: "a NUL in a name",
    injected: "roleName and adminUser with U+0000",
    seen: "refused as a control character",
    never: "a startup parameter is added",
    level: "check",
    run: async (context) => {
      await refused(context, ["a\0b", "a\0database\0template1"], /U\+0000/);
      const inputs = context.inputs(context.identity(), { adminUser: "admin\0database\0template1" });
      assert.match(await context.failure(context.stack().up(inputs)), /property adminUser: .*U\+0000/);
      assert.equal(context.cutter.connections, 0);
    },
  },
  {
    id: "A5",
    fault: "control characters in a name",
    injected: "roleName with line break, tab, BEL, ESC",
    seen: "refused; the message prints them escaped",
    never: "a forged line of a log, or a terminal that obeys",
    level: "check",
    run: (context) => refused(context, ["a\nb", "a\tb", "a\u0007b", "a\u001b[31mb", "a\u009bb"], /U\+00/),
  },
  {
    id: "A6",
    fault: "names of 63, 64 and 128 bytes",
    injected: "roleName of that length",
    seen: "63 made; the others refused with their length",
    never: "a name is cut to another role's",
    level: "lifecycle",
    run: async (context) => {
      await refused(context, ["v".repeat(64), "v".repeat(128)], /(64|128) bytes, the limit is 63/);
      await exact(context, ["v".repeat(63)]);
    },
  },
  {
    id: "A7",
    fault: "two names that are equal in their first 63 bytes",
    injected: "roleName of 64 bytes, beside the role of 63",
    seen: "both refused with their length",
    never: "the second identity is bound to the first role",
    level: "lifecycle",
    run: async (context) => {
      const first = context.identity("n".repeat(63));
      const stack = await context.made(context.inputs(first));
      await refused(context, [`${"n".repeat(63)}1`, `${"n".repeat(63)}2`], /64 bytes/);
      await context.converges(stack, context.inputs(first));
    },
  },
  {
    id: "A8",
    fault: "more bytes than characters",
    injected: "roleName of 40 characters of 2 bytes; of 21 characters of 3 bytes",
    seen: "counted in bytes: the first refused, the second made",
    never: "a cut inside a character",
    level: "lifecycle",
    run: async (context) => {
      await refused(context, ["é".repeat(40), "é".repeat(32)], /(80|64) bytes/);
      await exact(context, ["日".repeat(21)]);
    },
  },
  {
    id: "A9",
    fault: "names that look like another",
    injected: "roleName decomposed, with zero-width or direction characters, or with letters of two alphabets",
    seen: "refused with the code points",
    never: "two roles that look alike are made in silence",
    level: "check",
    run: async (context) => {
      await refused(context, ["cafe\u0301"], /NFC.*U\+0301/);
      await refused(context, ["ap\u200bp", "ap\u202epa", "\ufeffapp", "a\u2028b"], /U\+(200B|202E|FEFF|2028)/);
      await refused(context, ["\u0430pp", "\u03bfrders"], /alphabets.*U\+0(430|3BF)/);
    },
  },
  {
    id: "A10",
    fault: "two names that differ in case",
    injected: "roleName MyApp beside the role myapp",
    seen: "two roles, and a warning that names the other",
    never: "a name is folded",
    level: "lifecycle",
    run: async (context) => {
      const [lower, upper] = [context.identity("myapp"), context.identity("MyApp")];
      await context.made(context.inputs(lower));
      const stack = context.stack();
      await stack.up(context.inputs(upper));
      assert.match(context.output.join("\n"), /warning: the server also has "myapp"/);
      await context.converges(stack, context.inputs(upper));
      assert.equal(await context.boundTo("myapp"), lower.objectId);
    },
  },
  {
    id: "A11",
    fault: "the name of a role that PostgreSQL or the service keeps",
    injected: "roleName public, none, pg_x, postgres, azure_pg_admin, azuresu, replication, in any case",
    seen: "refused as reserved",
    never: "a built-in role is changed or dropped",
    level: "check",
    run: (context) =>
      refused(
        context,
        ["public", "PUBLIC", "none", "pg_x", "PG_monitor", "postgres", "azure_pg_admin", "azuresu", "replication"],
        /is reserved/,
      ),
  },
  {
    id: "A12",
    fault: "an empty or blank name, or one with white space around it",
    injected: "roleName of that kind",
    seen: "refused",
    never: 'a role named " "',
    level: "check",
    run: (context) => refused(context, ["", " ", " a", "a ", "\u00a0a"], /empty or begins or ends with white space/),
  },
  {
    id: "A13",
    fault: "hostile names of databases, schemas and tables in which the role has rights",
    injected: "a database, a schema and a table with quotes and statements in their names, granted to the role",
    seen: "a delete that clears exactly these, or lists them when the role owns them",
    never: "another object is touched",
    level: "lifecycle",
    run: async (context) => {
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
  },
];

export const skipped: SkippedRow[] = [
  {
    id: "A14",
    fault: "a list of privileges with SQL or unknown words in it",
    reason:
      "DatabaseAccess takes them: test/components/access/databaseAccess.test.ts holds that each wrong word is refused before anything is made, and, as A7 and A13 say of a role's, each name in `grants` of a role or an object that PostgreSQL would cut to another; test/e2e/schemas.test.ts tries both, and hostile names of databases, schemas, tables and roles",
  },
];
