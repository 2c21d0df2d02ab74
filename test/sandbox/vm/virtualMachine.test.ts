import assert from "node:assert/strict";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, test } from "node:test";
import { decodeJwt } from "jose";
import ssh2 from "ssh2";
import { Directory } from "../../../sandbox/entra/directory.ts";
import { TokenIssuer } from "../../../sandbox/entra/tokenIssuer.ts";
import { ProcessGroup } from "../../../sandbox/processes/processGroup.ts";
import { Supervisor } from "../../../sandbox/processes/supervisor.ts";
import { generateKeyPair } from "../../../sandbox/vm/hostKey.ts";
import { VirtualMachine, type VirtualMachineOptions } from "../../../sandbox/vm/virtualMachine.ts";
import { processStat } from "../../../tools/pulumi/processes.ts";
import { processEnd } from "../../harness/liveProcesses.ts";
import { temporaryDirectory } from "../../harness/testServer.ts";

const dir = temporaryDirectory();
const directory = new Directory(dir);
const issuer = await TokenIssuer.open(directory, dir);
const principal = directory.add({
  displayName: "vm",
  type: "service",
  resourceId: "/subscriptions/s/virtualMachines/vm",
});
const key = generateKeyPair();
const options: VirtualMachineOptions = {
  name: "vm",
  dir: join(dir, "vm"),
  issuer,
  identities: () => [{ principal, kind: "system" }],
  address: "127.0.0.1",
  sshPort: 0,
  adminUsername: "azureuser",
  authorizedKeys: [key.public],
};
const machine = await VirtualMachine.start(options);
after(async () => {
  await machine.stop();
  rmSync(dir, { recursive: true, force: true });
});

async function connect(to = machine): Promise<ssh2.Client> {
  const client = new ssh2.Client();
  client.connect({ host: to.address, port: to.sshPort, username: "azureuser", privateKey: key.private });
  await once(client, "ready");
  return client;
}

test("a script has exit code, streams, input and variables", async () => {
  const result = await machine.run('cat; echo "$GREETING"; echo err >&2; exit 3', {
    stdin: "in ",
    env: { GREETING: "hi" },
  });
  assert.deepEqual(result, { exitCode: 3, stdout: "in hi\n", stderr: "err\n" });
  assert.deepEqual(await machine.run("kill -INT $$"), { exitCode: 130, stdout: "", stderr: "" });
});

test("a script of any length runs and leaves no file", async () => {
  const script = `: '${"x".repeat(300_000)}'\nls -A | wc -l`;
  assert.equal((await machine.run(script)).stdout, "1\n", "only its own file");
  assert.deepEqual(readdirSync(join(options.dir, "home")), []);
});

test("a script does not inherit this process's environment", async () => {
  process.env.SANDBOX_TEST_SECRET = "x";
  const { stdout } = await machine.run("env -0");
  delete process.env.SANDBOX_TEST_SECRET;
  const { PWD, PATH, LANG, SHLVL, _, ENTRA_POSTGRES_PROCESS_TREE, ...others } = Object.fromEntries(
    stdout
      .split("\0")
      .slice(0, -1)
      .map((line) => /^(.*?)=(.*)$/s.exec(line)?.slice(1) as [string, string]),
  );
  assert.deepEqual(others, {
    AZURE_POD_IDENTITY_AUTHORITY_HOST: machine.imds.url,
    HOME: PWD,
    NO_PROXY: "127.0.0.1,localhost,::1",
    USER: "azureuser",
  });
});

test("commands run as an unprivileged user who owns the home", async () => {
  const { stdout } = await machine.run("id -u; id -G; stat -c '%u %a' \"$HOME\"");
  const [uid, groups, home] = stdout.trim().split("\n");
  assert.notEqual(uid, "0");
  assert.ok(!groups?.split(" ").includes("0"));
  assert.equal(home, `${uid} 700`);
});

test("the metadata service gives the machine's token to curl", async () => {
  const query = "api-version=2018-02-01&resource=https%3A%2F%2Fossrdbms-aad.database.windows.net";
  const url = `$AZURE_POD_IDENTITY_AUTHORITY_HOST/metadata/identity/oauth2/token?${query}`;
  const { stdout } = await machine.run(`curl -sS -H Metadata:true "${url}"`);
  const { access_token: token } = JSON.parse(stdout) as { access_token: string };
  assert.equal(decodeJwt(token).oid, principal.objectId);
});

test("the administrator logs in over SSH as the user of scripts", async () => {
  const script = "id -u; echo $AZURE_POD_IDENTITY_AUTHORITY_HOST; pwd";
  const client = await connect();
  const output = await new Promise<string>((resolve, reject) => {
    client.exec(script, (error, channel) => (error ? reject(error) : resolve(text(channel))));
  });
  client.end();
  assert.equal(output, (await machine.run(script)).stdout);
});

test("a timeout ends a script with its child processes", async () => {
  const { exitCode, stdout } = await machine.run("sleep 1000 & echo $!; wait", { timeoutSeconds: 0.5 });
  assert.equal(exitCode, 137);
  await processEnd(Number(stdout));
});

test("a cancelled script ends and fails", async () => {
  const controller = new AbortController();
  const running = machine.run("sleep 1000", { signal: controller.signal });
  controller.abort();
  await assert.rejects(running, /virtual machine vm was cancelled/);
});

test("a script's background processes end with it", async () => {
  const { stdout } = await machine.run("sleep 1000 >/dev/null 2>&1 & echo $!");
  await processEnd(Number(stdout));
});

test("stop ends the listeners and all processes, also in other sessions", async () => {
  const other = await VirtualMachine.start({ ...options, name: "two", dir: join(dir, "two") });
  const { stdout } = await other.run("setsid sleep 1000 >/dev/null 2>&1 & echo $!");
  const pidFile = join(dir, "two", "home", "pid");
  const running = other.run(
    `setsid bash -c 'trap "" TERM HUP; echo $$ > ${pidFile}.new; mv ${pidFile}.new ${pidFile}; sleep 1000' </dev/null >/dev/null 2>&1`,
  );
  while (!existsSync(pidFile)) await new Promise((resolve) => setImmediate(resolve));
  const pid = Number(readFileSync(pidFile, "utf8"));
  assert.ok(processStat(pid));
  await other.stop();
  for (const each of [pid, Number(stdout)]) await processEnd(each);
  await running;
  await assert.rejects(fetch(other.imds.url));
  await assert.rejects(connect(other), { code: "ECONNREFUSED" });
});

test("a folder that the user cannot enter has its home elsewhere until stop", async () => {
  const closed = join(dir, "closed");
  mkdirSync(closed);
  chmodSync(closed, 0o700);
  const other = await VirtualMachine.start({ ...options, dir: join(closed, "vm") });
  const home = (await other.run('cd && touch mine && echo "$HOME"')).stdout.trim();
  assert.equal(home.startsWith(closed), process.getuid?.() !== 0);
  assert.ok(existsSync(join(home, "mine")));
  await other.stop();
  assert.equal(existsSync(home), process.getuid?.() !== 0);
});

test("a failed start leaves no listener and no process", async () => {
  const taken = { ...options, dir: join(dir, "three"), sshPort: machine.sshPort };
  await assert.rejects(VirtualMachine.start(taken), /EP-SANDBOX-03/);
});

test("an unknown program has exit code 127", async () => {
  const supervisor = new Supervisor();
  const group = new ProcessGroup(supervisor, ["/no/such/program"], { cwd: "/", env: { PATH: process.env.PATH } });
  group.stdout.resume();
  group.stderr.resume();
  assert.deepEqual(await group.ended, { exitCode: 127 });
  await supervisor.close();
});
