import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { decodeJwt } from "jose";
import ssh2 from "ssh2";
import { Directory } from "../../../sandbox/entra/directory.ts";
import { TokenIssuer } from "../../../sandbox/entra/tokenIssuer.ts";
import { ProcessGroup } from "../../../sandbox/processes/processGroup.ts";
import { Supervisor } from "../../../sandbox/processes/supervisor.ts";
import { generateKeyPair } from "../../../sandbox/vm/hostKey.ts";
import { VirtualMachine, type VirtualMachineOptions } from "../../../sandbox/vm/virtualMachine.ts";
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

/** Resolves when no live process has this id any more. */
async function gone(pid: number): Promise<void> {
  for (;;) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      if (stat.slice(stat.lastIndexOf(")") + 2).startsWith("Z")) return;
    } catch {
      return;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function isRunning(pid: number): boolean {
  return existsSync(`/proc/${pid}/stat`);
}

test("a script has exit code, streams, input and variables", async () => {
  const result = await machine.run('cat; echo "$GREETING"; echo err >&2; exit 3', {
    stdin: "in ",
    env: { GREETING: "hi" },
  });
  assert.deepEqual(result, { exitCode: 3, stdout: "in hi\n", stderr: "err\n" });
  assert.deepEqual(await machine.run("kill -INT $$"), { exitCode: 130, stdout: "", stderr: "" });
});

test("a script of any length runs, and leaves no file", async () => {
  const script = `: '${"x".repeat(300_000)}'\necho done`;
  assert.equal((await machine.run(script)).stdout, "done\n");
  assert.equal((await machine.run("ls -A")).stdout.trim().split("\n").length, 1, "only its own file");
  assert.deepEqual(readdirSync(join(options.dir, "home")), []);
});

test("the environment is the machine's own and nothing of this process", async () => {
  process.env.SANDBOX_TEST_SECRET = "x";
  try {
    const { stdout } = await machine.run("env -0");
    const env = new Map(stdout.split("\0").map((line) => [line.split("=")[0], line.slice(line.indexOf("=") + 1)]));
    env.delete("");
    const shell = ["PWD", "SHLVL", "_", "OLDPWD"];
    assert.deepEqual([...env.keys()].filter((name) => !shell.includes(name ?? "")).sort(), [
      "AZURE_POD_IDENTITY_AUTHORITY_HOST",
      "ENTRA_POSTGRES_PROCESS_TREE",
      "HOME",
      "LANG",
      "NO_PROXY",
      "PATH",
      "USER",
    ]);
    assert.equal(env.get("AZURE_POD_IDENTITY_AUTHORITY_HOST"), machine.imds.url);
    assert.equal(env.get("HOME"), env.get("PWD"));
    assert.equal(env.get("USER"), "azureuser");
    assert.equal(env.get("NO_PROXY"), "127.0.0.1,localhost,::1");
  } finally {
    delete process.env.SANDBOX_TEST_SECRET;
  }
});

test("commands do not run as root, and own their home", async () => {
  const { stdout } = await machine.run("id -u; id -G; stat -c '%u %a' \"$HOME\"");
  const [uid, groups, home] = stdout.trim().split("\n");
  assert.notEqual(uid, "0");
  assert.ok(!groups?.split(" ").includes("0"));
  assert.equal(home, `${uid} 700`);
});

test("the metadata service gives the machine's token to curl", async () => {
  const script = `curl -sS -H Metadata:true "$AZURE_POD_IDENTITY_AUTHORITY_HOST/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fossrdbms-aad.database.windows.net"`;
  const { stdout } = await machine.run(script);
  const { access_token: token } = JSON.parse(stdout) as { access_token: string };
  assert.equal(decodeJwt(token).oid, principal.objectId);
});

test("the administrator logs in over SSH as the same user", async () => {
  const client = new ssh2.Client();
  client.connect({ host: machine.address, port: machine.sshPort, username: "azureuser", privateKey: key.private });
  await once(client, "ready");
  const text = await new Promise<string>((resolve, reject) => {
    client.exec("id -u; echo $AZURE_POD_IDENTITY_AUTHORITY_HOST; pwd", (error, channel) => {
      if (error) return reject(error);
      let out = "";
      channel.on("data", (data: Buffer) => {
        out += data;
      });
      channel.on("close", () => resolve(out));
    });
  });
  client.end();
  assert.equal(text, (await machine.run("id -u; echo $AZURE_POD_IDENTITY_AUTHORITY_HOST; pwd")).stdout);
});

test("a timeout ends the script with what it started", async () => {
  const { exitCode, stdout } = await machine.run("sleep 1000 & echo $!; wait", { timeoutSeconds: 0.5 });
  assert.equal(exitCode, 137);
  await gone(Number(stdout));
});

test("a cancelled script ends and fails", async () => {
  const controller = new AbortController();
  const running = machine.run("sleep 1000", { signal: controller.signal });
  controller.abort();
  await assert.rejects(running, /virtual machine vm was cancelled/);
});

test("a script's background processes end with it", async () => {
  const { stdout } = await machine.run("sleep 1000 >/dev/null 2>&1 & echo $!");
  await gone(Number(stdout));
});

test("stop ends everything, also what left its session", async () => {
  const other = await VirtualMachine.start({ ...options, name: "two", dir: join(dir, "two"), sshPort: 0 });
  const { stdout } = await other.run("setsid sleep 1000 >/dev/null 2>&1 & echo $!; ");
  // setsid is a process group's member when it starts and forks no more: its process is the one told.
  const pidFile = join(dir, "two", "home", "pid");
  const running = other.run(
    `setsid bash -c 'trap "" TERM HUP; echo $$ > ${pidFile}.new; mv ${pidFile}.new ${pidFile}; sleep 1000' </dev/null >/dev/null 2>&1`,
  );
  while (!existsSync(pidFile)) await new Promise((resolve) => setImmediate(resolve));
  const pid = Number(readFileSync(pidFile, "utf8"));
  assert.ok(isRunning(pid));
  await other.stop();
  await gone(pid);
  await gone(Number(stdout));
  await running;
  await assert.rejects(fetch(other.imds.url));
  const client = new ssh2.Client();
  client.connect({ host: other.address, port: other.sshPort, username: "azureuser", privateKey: key.private });
  await assert.rejects(once(client, "ready"), { code: "ECONNREFUSED" });
});

test("a folder that the user cannot enter has its home elsewhere until stop", async () => {
  const closed = join(dir, "closed");
  mkdirSync(closed);
  chmodSync(closed, 0o700);
  const other = await VirtualMachine.start({ ...options, dir: join(closed, "vm"), sshPort: 0 });
  const home = (await other.run('cd && touch mine && echo "$HOME"')).stdout.trim();
  assert.equal(home.startsWith(closed), process.getuid?.() !== 0);
  assert.ok(existsSync(join(home, "mine")));
  await other.stop();
  assert.equal(existsSync(home), process.getuid?.() !== 0);
});

test("a start that fails leaves no listener and no process", async () => {
  const taken = { ...options, dir: join(dir, "three"), sshPort: machine.sshPort };
  await assert.rejects(VirtualMachine.start(taken), /EP-SANDBOX-03/);
});

test("the processes end when the sandbox is killed", async () => {
  const module = (name: string) => JSON.stringify(new URL(`../../../sandbox/processes/${name}`, import.meta.url).href);
  const script = "setsid sleep 1000 & env -i sleep 1000 & echo $$; jobs -p; wait";
  const program = `import { ProcessGroup } from ${module("processGroup.ts")};
    import { Supervisor } from ${module("supervisor.ts")};
    const group = new ProcessGroup(new Supervisor(), ["bash", "-c", "${script}"], { cwd: "/", env: process.env });
    group.stdout.pipe(process.stdout);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const pids: number[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    pids.push(Number(line));
    if (pids.length === 3) break;
  }
  assert.equal(pids.length, 3);
  assert.ok(pids.every(isRunning));
  child.kill("SIGKILL");
  for (const pid of pids) await gone(pid);
});

test("a program that is not there has exit code 127", async () => {
  const supervisor = new Supervisor();
  const group = new ProcessGroup(supervisor, ["/no/such/program"], { cwd: "/", env: { PATH: process.env.PATH } });
  group.stdout.resume();
  group.stderr.resume();
  assert.deepEqual(await group.ended, { exitCode: 127 });
  await supervisor.close();
});
