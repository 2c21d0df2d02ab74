import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { after, describe, test } from "node:test";
import { reservePorts } from "../../sandbox/ports.ts";
import { ReservedPort } from "../../sandbox/reservedPort.ts";
import { Sandbox } from "../../sandbox/sandbox.ts";
import { temporaryDirectory } from "../harness/testServer.ts";

// Far from the ports of other tests.
const PREFERRED = 27000;

describe("a reserved port", () => {
  test("is given to one process only, however many ask at the same instant", async () => {
    const processes = Array.from({ length: 6 }, () => reservingProcess(40));
    await Promise.all(processes.map(({ said }) => said()));
    for (const { child } of processes) child.stdin.write("go\n");
    const ports = (await Promise.all(processes.map(({ said }) => said()))).flatMap((line) => JSON.parse(line));
    for (const { child } of processes) child.kill("SIGKILL");
    assert.equal(ports.length, 240);
    assert.equal(new Set(ports).size, 240);
  });

  test("is free again when its process is killed", async () => {
    const { child, said } = reservingProcess(1);
    await said();
    child.stdin.write("go\n");
    const [port] = JSON.parse(await said());
    assert.notEqual(await reserveAndRelease(port), port);
    child.kill("SIGKILL");
    await once(child, "exit");
    assert.equal(await reserveAndRelease(port), port);
  });

  for (const host of ["127.0.0.1", "0.0.0.0", "::1"]) {
    test(`is never one on which another program listens at ${host}`, async () => {
      const server = createServer().listen({ port: PREFERRED + 500, host, ipv6Only: true });
      await once(server, "listening");
      assert.equal(await reserveAndRelease(PREFERRED + 500), PREFERRED + 501);
      server.close();
      await once(server, "close");
      assert.equal(await reserveAndRelease(PREFERRED + 500), PREFERRED + 500);
    });
  }
});

describe("the ports of a sandbox", () => {
  test("are those of its last run, and it says when they move", async () => {
    const [dir, lines] = [temporaryDirectory(), [] as string[]];
    const log = (line: string) => lines.push(line);
    const reserve = async () => {
      const { release, ...ports } = await reservePorts(dir, log);
      await release();
      return ports;
    };
    const [database, ssh] = [PREFERRED + 600, PREFERRED + 700];
    writeFileSync(join(dir, "ports.json"), JSON.stringify({ databasePort: database, sshPort: ssh }));
    assert.deepEqual(await reserve(), { databasePort: database, sshPort: ssh, moved: false });
    assert.deepEqual(lines, []);

    const other = await ReservedPort.take(database);
    assert.deepEqual(await reserve(), { databasePort: database + 1, sshPort: ssh, moved: true });
    await other.release();
    assert.match(lines.join("\n"), new RegExp(`Port ${database} is taken: the database uses ${database + 1}`));
    assert.deepEqual(await reserve(), { databasePort: database + 1, sshPort: ssh, moved: false });
  });

  test("differ between sandboxes that start at the same instant", async () => {
    const start = () => Sandbox.start({ dir: temporaryDirectory(), providers: "emulator" });
    const sandboxes = await Promise.all([start(), start(), start()]);
    await Promise.all(sandboxes.map((sandbox) => sandbox.stop()));
    assert.equal(new Set(sandboxes.flatMap(({ databasePort, sshPort }) => [databasePort, sshPort])).size, 6);
  });
});

async function reserveAndRelease(preferred: number): Promise<number> {
  const reserved = await ReservedPort.take(preferred);
  await reserved.release();
  return reserved.port;
}

/** A process that says when it is ready, then reserves so many ports at once and prints them. */
function reservingProcess(count: number) {
  const script = `
    import { once } from "node:events";
    import { ReservedPort } from ${JSON.stringify(join(import.meta.dirname, "../../sandbox/reservedPort.ts"))};
    console.log("ready");
    await once(process.stdin, "data");
    const taken = await Promise.all(Array.from({ length: ${count} }, () => ReservedPort.take(${PREFERRED})));
    console.log(JSON.stringify(taken.map(({ port }) => port)));
    process.stdin.resume();`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["pipe", "pipe", "inherit"] });
  after(() => child.kill("SIGKILL"));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return { child, said: async () => (await lines.next()).value ?? "" };
}
