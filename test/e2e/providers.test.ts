import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { CommandEmulator } from "../../sandbox/azure/command/emulator.ts";
import { PostgresqlEmulator } from "../../sandbox/azure/postgresql/emulator.ts";
import { serveProvider } from "../../sandbox/azure/providerHost.ts";
import { Imds } from "../../sandbox/entra/imds.ts";
import { commandEnvironment, sandboxEnvironment } from "../../sandbox/environment.ts";
import { providersMode, realPlugins } from "../../sandbox/plugins.ts";
import { generateKeyPair } from "../../sandbox/vm/hostKey.ts";
import { VirtualMachine } from "../../sandbox/vm/virtualMachine.ts";
import { pulumiFolder } from "../../tools/pulumi/pulumiCli.ts";
import { PulumiProject } from "../harness/pulumiProject.ts";
import { TestServer } from "../harness/testServer.ts";

// The same programs run with the real plugins, where they can be had: SANDBOX_PROVIDERS=real node --test test/e2e/providers.test.ts

let context: TestServer;
let environment: NodeJS.ProcessEnv;
const closers: (() => Promise<unknown>)[] = [];

before(async () => {
  context = await TestServer.open();
  closers.push(() => context.close());
  const imds = await Imds.start({
    issuer: context.issuer,
    identities: () => [{ principal: context.admin, kind: "user" }],
  });
  closers.push(() => imds.close());
  const providers: Record<string, number> = {};
  const token = async () => context.token(context.admin);
  const folder = await pulumiFolder({ log: (line) => console.error(line) });
  const real = await realPlugins({
    mode: providersMode(process.env.SANDBOX_PROVIDERS),
    dir: context.dir,
    pulumiFolder: folder,
    log: (line) => console.error(line),
  });
  for (const emulator of [new PostgresqlEmulator({ token }), new CommandEmulator()]) {
    if (real.some((name) => name === emulator.name)) continue;
    const host = await serveProvider(emulator);
    closers.push(() => host.close());
    providers[emulator.name] = host.port;
  }
  environment = commandEnvironment({
    ...sandboxEnvironment({
      dir: context.dir,
      pulumiFolder: folder,
      providers,
      imdsUrl: imds.url,
      appServiceUrl: imds.appServiceUrl,
      appServiceHeader: imds.appServiceHeader,
      clientId: context.admin.clientId ?? "",
      tenantId: context.directory.tenantId,
      subscriptionId: "11111111-1111-1111-1111-111111111111",
    }),
    CI: "true",
  });
});

after(async () => {
  for (const close of closers.reverse()) await close();
});

describe("the program grants", () => {
  const sql = (statement: string, database?: string) => context.query("admin", context.admin, statement, database);
  // As the service, which may look into every schema.
  const holds = async (question: string) =>
    Object.values((await context.server.asService(`SELECT ${question}`, "shop"))[0] ?? {})[0];
  let program: PulumiProject;

  before(async () => {
    program = await open("grants");
    await sql("CREATE ROLE app; CREATE ROLE auditor");
    await program.ensureUp(settings(1, false));
    await sql("GRANT shop_owner TO admin", "shop");
    await sql(
      `SET ROLE shop_owner; CREATE TABLE sales.orders (id int, note text); CREATE TABLE sales.items (id serial);
      CREATE FUNCTION sales.total(n integer) RETURNS integer LANGUAGE sql AS 'SELECT n'`,
      "shop",
    );
    await sql("REVOKE shop_owner FROM admin");
  });
  const settings = (step: number, tables = true) => ({
    host: "localhost",
    port: context.server.port,
    caFile: join(context.dir, "ca.pem"),
    tenantId: context.directory.tenantId,
    step,
    tables,
  });

  test("creates every type of resource, and then shows no changes", async () => {
    await program.ensureUp(settings(1, false));
    await program.succeed("preview", "--expect-no-changes");
    const { readerName } = await program.outputs();
    assert.match(String(readerName), /^reader-[0-9a-f]{7}$/);
    assert.equal(await holds(`has_schema_privilege('${readerName}', 'sales', 'USAGE')`), true);
    assert.equal(await holds(`pg_has_role('app', '${readerName}', 'MEMBER')`), true);
    assert.equal(await holds(`has_table_privilege('${readerName}', 'sales.orders', 'SELECT')`), true, "by default");
  });

  test("grants on tables, columns, sequences and functions", async () => {
    await program.ensureUp(settings(1));
    await program.succeed("preview", "--expect-no-changes");
    assert.equal(await holds("has_table_privilege('app', 'sales.items', 'DELETE')"), true);
    assert.equal(await holds("has_column_privilege('auditor', 'sales.orders', 'note', 'SELECT')"), true);
    assert.equal(await holds("has_table_privilege('auditor', 'sales.orders', 'SELECT')"), false);
  });

  test("changes properties in place, names included", async () => {
    await program.ensureUp(settings(1));
    await program.ensureUp(settings(2));
    await program.succeed("preview", "--expect-no-changes");
    assert.equal(await holds("has_table_privilege('app', 'sales.items', 'TRUNCATE')"), false);
    const [writer] = await sql(
      "SELECT rolconnlimit, rolcreatedb FROM pg_roles WHERE rolname = 'writer \"2\" o''clock'",
    );
    assert.deepEqual(writer, { rolconnlimit: 7, rolcreatedb: true });
  });

  test("replaces resources, and a destroy leaves nothing behind", async () => {
    await program.ensureUp(settings(2));
    program.configure(settings(3));
    const shown = await program.succeed("up");
    assert.match(shown, /Grant columns replaced/);
    assert.equal(await holds("has_column_privilege('auditor', 'sales.orders', 'id', 'SELECT')"), false);
    await program.succeed("destroy");
    assert.deepEqual(await sql("SELECT rolname FROM pg_roles WHERE rolname ~ '^(reader|writer|shop)'"), []);
    assert.deepEqual(await sql("SELECT datname FROM pg_database WHERE datname ~ '^(shop|plain)'"), []);
  });
});

describe("the program commands", () => {
  let program: PulumiProject;
  let machine: VirtualMachine;
  let settings: Record<string, unknown>;

  before(async () => {
    program = await open("commands");
    const key = generateKeyPair();
    const keyFile = join(context.dir, "key");
    writeFileSync(keyFile, key.private, { mode: 0o600 });
    machine = await VirtualMachine.start({
      name: "vm",
      dir: join(context.dir, "vm"),
      issuer: context.issuer,
      identities: () => [],
      address: "127.0.0.1",
      sshPort: 0,
      adminUsername: "azureuser",
      authorizedKeys: [key.public],
    });
    closers.push(() => machine.stop());
    settings = { host: "127.0.0.1", port: machine.sshPort, user: "azureuser", keyFile, hostKey: machine.hostKey };
  });

  const made = async () => (await machine.run("test -e made")).exitCode === 0;

  test("runs commands here and on the machine, and then shows no changes", async () => {
    await program.ensureUp({ ...settings, step: 1 });
    await program.succeed("preview", "--expect-no-changes");
    // One line break at the end goes, as a shell's $(...) takes all of them.
    assert.deepEqual((await program.outputs()).outputs, ["out\n", "err", "out", "", "one\n/\ntyped", ""]);
    assert.equal(await made(), true);
  });

  test("encrypts the private key in the state", async () => {
    await program.ensureUp({ ...settings, step: 1 });
    const state = readFileSync(program.stateFile, "utf8");
    assert.match(state, /ciphertext/);
    assert.doesNotMatch(state, /PRIVATE KEY/);
  });

  test("runs the update command with the output of the last command", async () => {
    await program.ensureUp({ ...settings, step: 1 });
    await program.ensureUp({ ...settings, step: 2 });
    await program.succeed("preview", "--expect-no-changes");
    const { outputs } = await program.outputs();
    assert.ok(Array.isArray(outputs));
    // Debian's and Ubuntu's SSH servers take LC_* and not PULUMI_COMMAND_STDOUT; this host takes both.
    assert.equal(outputs[0], "+2");
  });

  test("a trigger replaces a command, which runs the old delete command", async () => {
    await program.ensureUp({ ...settings, step: 2 });
    program.configure({ ...settings, step: 3 });
    assert.match(await program.succeed("up"), /Command hello replaced/);
    assert.equal(await made(), false);
    await program.succeed("destroy");
  });

  test("a command that fails says what it printed", async () => {
    program.configure({ ...settings, step: 1, fails: true });
    const shown = await program.fail("up");
    assert.match(shown, /exited with status 3/);
    // The two streams arrive in either order.
    assert.match(shown, /^\s+some$/m);
    assert.match(shown, /^\s+more$/m);
    await program.succeed("destroy");
  });
});

/** A program of test/e2e/providerPrograms. */
function open(name: string): Promise<PulumiProject> {
  const program = join(import.meta.dirname, "providerPrograms", name);
  return PulumiProject.open({ name, program, dir: context.dir, env: environment });
}
