import assert from "node:assert/strict";
import fc from "fast-check";
import { type Session, withAdminSession } from "../../components/postgres/adminSession.ts";
import { Deadline } from "../../components/postgres/deadline.ts";
import { findRole } from "../../components/principal/catalog.ts";
import { inputProblems, type PrincipalInputs } from "../../components/principal/inputs.ts";
import * as sql from "../../components/principal/roleStatements.ts";
import { FaultContext } from "./context.ts";
import type { Measure } from "./report.ts";

/** Fragments with a meaning to SQL, to a shell, to a format string, to a terminal or to a reader. */
const NASTY = [
  ..."'\"\\;`%$()[]{}*&|<>!?#@~^=+,.:/_- \t\n\r\0".split(""),
  ...["--", "/*", "*/", "$$", "$q$", "%I", "%s", "{{x}}", "\\'", "''", '""', "E'", "U&'", "x'); DROP TABLE canary;--"],
  ...[
    '" SUPERUSER; --',
    "pg_",
    "public",
    "PUBLIC",
    "none",
    "azure_",
    "postgres",
    "admin",
    "current_user",
    "replication",
  ],
  ...[
    "é",
    "e\u0301",
    "\u200b",
    "\u202e",
    "\ufeff",
    "\u0430",
    "\u03bf",
    "日",
    "👩‍💻",
    "ß",
    "İ",
    "ﬁ",
    "\u00a0",
    "\ud800",
  ],
  ...["a".repeat(31), "n".repeat(60), "é".repeat(30), "日".repeat(20)],
];

const anyName = fc.oneof(
  fc.array(fc.constantFrom(...NASTY), { maxLength: 6 }).map((parts) => parts.join("")),
  fc
    .array(fc.oneof(fc.constantFrom(...NASTY), fc.string({ unit: "binary", maxLength: 8 })), { maxLength: 5 })
    .map((p) => p.join("")),
  fc.string({ unit: "binary", maxLength: 70 }),
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc.string({ unit: "grapheme-ascii", maxLength: 70 }),
);

/** What came of the names. */
export interface NamesResult {
  names: number;
  refused: number;
  exact: number;
}

/**
 * Every name is refused before anything is connected to, in plain ASCII, or becomes exactly that role: the lifecycle's statements are
 * run with it in a transaction that is rolled back, and nothing but that role may have changed.
 *
 * @throws Error of fast-check with the seed, the path and the shortest name that breaks it
 */
export async function names(context: FaultContext, count: number, seed: number): Promise<NamesResult> {
  const result: NamesResult = { names: 0, refused: 0, exact: 0 };
  const inputs = context.inputs(context.identity());
  const before = await surroundings(context);
  await withAdminSession(inputs, new Deadline(3600), async (session) => {
    await fc.assert(
      fc.asyncProperty(anyName, async (roleName) => {
        result.names += 1;
        const problems = inputProblems({ ...inputs, roleName });
        if (problems.length > 0) {
          result.refused += 1;
          for (const { reason } of problems) {
            assert.match(reason, /^[\x20-\x7e]*$/, "the refusal holds what a terminal could obey");
          }
          return;
        }
        await exactly(session, { ...inputs, roleName });
        result.exact += 1;
      }),
      { numRuns: count, seed, endOnFailure: false },
    );
  });
  assert.deepEqual(await surroundings(context), before, "something else was changed");
  await context.canaryLives();
  return result;
}

async function exactly(session: Session, inputs: PrincipalInputs): Promise<void> {
  const name = inputs.roleName;
  const count = async () => (await session.query("SELECT count(*)::int AS n FROM pg_roles")).rows[0]?.n as number;
  await session.query("BEGIN");
  try {
    const roles = await count();
    await sql.lockName(session, name);
    await sql.createByObjectId(session, inputs);
    await sql.allowLogin(session, name, false);
    await sql.commentOn(session, name, `of ${name}`);
    await sql.rebindByFunction(session, inputs);
    await sql.endSessions(session, name);
    const role = await findRole(session, name);
    assert.equal(role?.name, name);
    assert.equal(role?.comment, `of ${name}`);
    assert.equal(role?.principal?.objectId, inputs.objectId);
    assert.deepEqual([role?.canLogin, role?.isAdmin, await count()], [false, false, roles + 1]);
    const { rows } = await session.query<{ hex: string }>(
      "SELECT encode(convert_to(rolname::text, 'UTF8'), 'hex') AS hex FROM pg_roles WHERE oid::text = $1",
      [role?.oid],
    );
    assert.equal(rows[0]?.hex, Buffer.from(name).toString("hex"), "the name was changed");
    await sql.renameRole(session, name, "renamed by a test");
    await sql.renameRole(session, "renamed by a test", name);
    await sql.clearAll(session, name);
    await sql.dropRole(session, name);
    assert.equal(await findRole(session, name), undefined);
  } finally {
    await session.query("ROLLBACK");
  }
}

/** Every role with its attributes, every membership and every table. */
async function surroundings(context: FaultContext): Promise<unknown> {
  return [
    await context.service("SELECT to_jsonb(r) - 'rolpassword' AS role FROM pg_authid r ORDER BY oid"),
    await context.service("SELECT roleid, member, grantor, admin_option FROM pg_auth_members ORDER BY 1, 2, 3"),
    await context.service("SELECT relname::text, relowner, relacl::text FROM pg_class ORDER BY oid"),
  ];
}

/** The whole of it, as a measure of `make faults`. */
export async function measureNames(seed: number): Promise<Omit<Measure, "name">> {
  const context = await FaultContext.open();
  try {
    const { names: tried, refused, exact } = await names(context, 10_000, seed);
    return {
      what: "names made of fragments that mean something to SQL, shells, terminals and readers, and of any characters",
      tried,
      asTheyShould: refused + exact,
      notes: [
        `${refused} refused, ${exact} made exactly`,
        `seed ${seed}`,
        "canary table, canary role and catalogs unchanged",
      ],
    };
  } finally {
    await context.close();
  }
}
