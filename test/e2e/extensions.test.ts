import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Program, UP } from "../../tools/harness/program.ts";

let program: Program;
before(async () => {
  program = await Program.start();
  program.configure({ apps: APPS });
  await program.init("sandbox");
  await program.succeed(UP);
});
after(() => program?.stop());

const APPS = [{ name: "orders", profile: "migrator", vmName: "orders-vm" }];
const WITH = (extensions: string[]) => ({ apps: APPS, schemas: [{ name: "orders", extensions }] });
const installed = async () => {
  const rows = await program.queryAsAdmin(
    "SELECT extname FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY 1",
    "app",
  );
  return rows.map(({ extname }) => extname);
};
const unchanged = () => program.succeed(["preview", "--expect-no-changes", "--non-interactive"]);

test("extensions are created by the administrator where all find them, and stay when they are taken out", async () => {
  await program.ensureUp({ apps: APPS });
  program.configure(WITH(["citext", "pg_trgm"]));
  await program.succeed(UP);
  await unchanged();
  assert.deepEqual(await installed(), ["citext", "pg_trgm"]);
  const [identity] = program.sandbox.directory.findByName("orders-vm");
  assert.ok(identity);
  const token = await program.token(identity);
  const as = (sql: string) => program.queryAs("orders-vm", token, sql, "app");
  assert.deepEqual(await as("SELECT similarity('word', 'words')::numeric(3, 2)::text AS alike"), [{ alike: "0.57" }]);
  await assert.rejects(as("CREATE EXTENSION hstore"), { code: "42501" });

  program.configure(WITH(["pg_trgm"]));
  await program.succeed(UP);
  await unchanged();
  await program.succeed(["refresh", "--yes", "--skip-preview", "--expect-no-changes", "--non-interactive"]);
  assert.deepEqual(await installed(), ["citext", "pg_trgm"]);
});
