import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { POSTGRES_VERSIONS, type PostgresVersion } from "../../../sandbox/postgres/binaries.ts";
import { Cluster } from "../../../sandbox/postgres/cluster.ts";
import { temporaryDirectory } from "../../harness/testServer.ts";

const base = temporaryDirectory();
const opened: Cluster[] = [];
after(async () => {
  for (const cluster of opened) await cluster.destroy();
  rmSync(base, { recursive: true, force: true });
});

async function open(name: string, onCrash?: (error: Error) => void, version: PostgresVersion = "18"): Promise<Cluster> {
  const cluster = await Cluster.open(
    { dir: join(base, name), version, ...(onCrash ? { onCrash } : {}) },
    async () => {},
  );
  opened.push(cluster);
  return cluster;
}

/** Processes whose working directory is a cluster's: the postmaster and all of its children. */
function processesOf(dataDir: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readlinkSync(`/proc/${pid}/cwd`) === dataDir;
      } catch {
        return false;
      }
    })
    .map(Number);
}

test("keeps its data over a stop and a start, and leaves no process and no socket behind", async () => {
  const cluster = await open("kept");
  await cluster.query("CREATE TABLE kept AS SELECT 42 AS answer");
  const socketDir = dirname(cluster.socketPath);
  assert.equal(statSync(socketDir).mode & 0o777, 0o700);
  assert.equal(statSync(cluster.dataDir).mode & 0o777, 0o700);
  await cluster.stop();
  assert.deepEqual([existsSync(socketDir), processesOf(cluster.dataDir)], [false, []]);
  await cluster.start();
  assert.deepEqual(await cluster.query("SELECT answer FROM kept"), [{ answer: 42 }]);
});

for (const major of POSTGRES_VERSIONS) {
  test(`is PostgreSQL ${major} with UTF-8 and UTC, sorts by code point, and listens on no network`, async () => {
    const cluster = await open(`settings-${major}`, undefined, major);
    const [row] = await cluster.query(`SELECT current_setting('server_version_num')::int / 10000 AS version,
    current_setting('server_encoding') AS encoding, current_setting('timezone') AS zone,
    current_setting('listen_addresses') AS addresses, upper('ä') AS upper,
    'ä' > 'z' AND 'a' > 'B' AS code_points`);
    assert.deepEqual(row, {
      version: Number(major),
      encoding: "UTF8",
      zone: "UTC",
      addresses: "",
      upper: "Ä",
      code_points: true,
    });
  });
}

test("does not pass this process's environment on", async () => {
  process.env.CLUSTER_TEST_SECRET = "canary";
  const cluster = await open("environment");
  delete process.env.CLUSTER_TEST_SECRET;
  const pids = processesOf(cluster.dataDir);
  assert.notEqual(pids.length, 0);
  for (const pid of pids) assert.doesNotMatch(readFileSync(`/proc/${pid}/environ`, "latin1"), /canary/);
});

test("reports a crash with the end of its log, and starts again with its data", async () => {
  const crashed = Promise.withResolvers<Error>();
  const cluster = await open("crash", crashed.resolve);
  await cluster.query("CREATE TABLE kept AS SELECT 42 AS answer");
  const pid = Number(readFileSync(join(cluster.dataDir, "postmaster.pid"), "utf8").split("\n")[0]);
  process.kill(pid, "SIGKILL");
  const error = await crashed.promise;
  assert.match(error.message, /ended by itself: it was ended by SIGKILL.*ready to accept connections/s);
  assert.equal(cluster.running, false);
  await assert.rejects(cluster.query("SELECT 1"), /is not running/);
  await cluster.start();
  assert.deepEqual(await cluster.query("SELECT answer FROM kept"), [{ answer: 42 }]);
});

test("creates a cluster again whose preparation failed", async () => {
  const dir = join(base, "half");
  const halfway = Cluster.open({ dir, version: "18" }, async (cluster) => {
    await cluster.query("CREATE TABLE half ()");
    throw new Error("cut short");
  });
  await assert.rejects(halfway, /cut short/);
  const cluster = await open("half");
  assert.deepEqual(await cluster.query("SELECT to_regclass('half') AS half"), [{ half: null }]);
});

test("says why it does not start", async () => {
  const cluster = await open("broken");
  await cluster.query("ALTER SYSTEM SET shared_buffers = 1000000000");
  await cluster.stop();
  await assert.rejects(cluster.start(), /it ended with code 1.*could not map anonymous shared memory.*EP-SANDBOX-05/s);
  assert.equal(cluster.running, false);
});

test("refuses a directory that another sandbox uses", { timeout: 300_000 }, async () => {
  const cluster = await open("shared");
  await assert.rejects(
    Cluster.open({ dir: join(base, "shared"), version: "18" }, async () => {}),
    /EP-SANDBOX-06/,
  );
  assert.deepEqual(await cluster.query("SELECT 1 AS one"), [{ one: 1 }]);
});

test("works in a directory that PostgreSQL's account cannot enter", async () => {
  const closed = join(base, "closed");
  mkdirSync(closed, { mode: 0o700 });
  chmodSync(closed, 0o700);
  const cluster = await open("closed/cluster");
  assert.deepEqual(await cluster.query("SELECT 1 AS one"), [{ one: 1 }]);
  if (process.getuid?.() === 0) assert.equal(cluster.dataDir.startsWith("/var/tmp/"), true);
  await cluster.destroy();
  assert.equal(existsSync(dirname(cluster.dataDir)), false);
});

test("leaves no process behind when the process that hosts it is killed, and opens again at once", async () => {
  const dir = join(base, "killed");
  const module = new URL("../../../sandbox/postgres/cluster.ts", import.meta.url).href;
  const program = `import { Cluster } from ${JSON.stringify(module)};
    const cluster = await Cluster.open({ dir: ${JSON.stringify(dir)}, version: "18" }, async () => {});
    await cluster.query("CREATE TABLE kept AS SELECT 42 AS answer");
    console.log(cluster.socketPath);
    void cluster.query("SELECT pg_sleep(3600)");`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [socketPath] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  const dataDir = join(dir, "data");
  assert.ok(processesOf(dataDir).length > 1);
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
  while (processesOf(dataDir).length > 0) await delay(10);
  assert.equal(existsSync(dirname(socketPath)), true);
  const cluster = await open("killed");
  assert.deepEqual(await cluster.query("SELECT answer FROM kept"), [{ answer: 42 }]);
  assert.equal(existsSync(dirname(socketPath)), false);
});
