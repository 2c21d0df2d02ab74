import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import ssh2, { type ClientChannel } from "ssh2";
import { ProcessGroup } from "../../../sandbox/processes/processGroup.ts";
import { Supervisor } from "../../../sandbox/processes/supervisor.ts";
import { generateKeyPair, openHostKey, parseKey } from "../../../sandbox/vm/hostKey.ts";
import { SshServer } from "../../../sandbox/vm/sshServer.ts";

const dir = mkdtempSync(join(tmpdir(), "entra-postgres-test-"));
const known = generateKeyPair();
const rsa = ssh2.utils.generateKeyPairSync("rsa", { bits: 2048 });
const stranger = generateKeyPair();
const hostKey = openHostKey(dir);
const supervisor = new Supervisor();
const server = await SshServer.start({
  address: "127.0.0.1",
  port: 0,
  hostKey: hostKey.privateKey,
  username: "azureuser",
  authorizedKeys: [known.public, rsa.public],
  spawn: (command, env, terminal) =>
    new ProcessGroup(supervisor, command, { cwd: dir, terminal, env: { PATH: process.env.PATH, ...env } }),
});
after(async () => {
  await server.close();
  await supervisor.close();
  rmSync(dir, { recursive: true, force: true });
});

async function connect(config: ssh2.ConnectConfig = {}): Promise<ssh2.Client> {
  const client = new ssh2.Client();
  client.connect({ host: "127.0.0.1", port: server.port, username: "azureuser", privateKey: known.private, ...config });
  await once(client, "ready");
  client.on("error", () => {});
  return client;
}

function open(client: ssh2.Client, command: string, options: ssh2.ExecOptions = {}): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    client.exec(command, options, (error, channel) => (error ? reject(error) : resolve(channel)));
  });
}

interface Run {
  exit: (string | number | null)[];
  stdout: string;
  stderr: string;
}

async function finish(channel: ClientChannel, stdin: string | undefined = ""): Promise<Run> {
  const run: Run = { exit: [], stdout: "", stderr: "" };
  channel.on("data", (data: Buffer) => {
    run.stdout += data;
  });
  channel.stderr.on("data", (data: Buffer) => {
    run.stderr += data;
  });
  channel.on("exit", (...exit: (string | number | null)[]) => {
    run.exit = exit.slice(0, 2);
  });
  channel.end(stdin);
  await once(channel, "close");
  return run;
}

async function ssh(command: string, options: ssh2.ExecOptions & { stdin?: string } = {}): Promise<Run> {
  const client = await connect();
  try {
    return await finish(await open(client, command, options), options.stdin);
  } finally {
    client.end();
  }
}

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

test("a known key logs in: Ed25519 and RSA", async () => {
  (await connect()).end();
  (await connect({ privateKey: rsa.private })).end();
});

test("another key, a password and another user are refused", async () => {
  const refused = { level: "client-authentication" };
  await assert.rejects(connect({ privateKey: stranger.private }), refused);
  await assert.rejects(connect({ username: "root" }), refused);
  const { privateKey: _, ...password } = { privateKey: "", password: "secret" };
  const client = new ssh2.Client();
  client.connect({ host: "127.0.0.1", port: server.port, username: "azureuser", ...password });
  await assert.rejects(once(client, "ready"), refused);
});

test("the host key is the one in the folder, kept for the next start and for its owner alone", async () => {
  let presented: Buffer | undefined;
  const client = await connect({
    hostVerifier: (key: Buffer) => {
      presented = key;
      return true;
    },
  });
  client.end();
  assert.deepEqual(presented, parseKey(hostKey.publicKey)?.getPublicSSH());
  assert.deepEqual(openHostKey(dir), hostKey);
  assert.equal(statSync(join(dir, "ssh_host_ed25519_key")).mode & 0o777, 0o600);
});

test("exit code and both streams are passed on", async () => {
  assert.deepEqual(await ssh("echo out; echo err >&2; exit 7"), { exit: [7], stdout: "out\n", stderr: "err\n" });
});

test("an end by signal is told as such", async () => {
  assert.deepEqual((await ssh("kill -TERM $$")).exit, [null, "SIGTERM"]);
});

test("a client's signal reaches the command", async () => {
  const client = await connect();
  const channel = await open(client, "trap 'exit 9' USR1; echo ready; while :; do sleep 0.05; done");
  const [ready] = (await once(channel, "data")) as [Buffer];
  assert.equal(ready.toString(), "ready\n");
  const ended = once(channel, "exit");
  channel.resume();
  channel.signal("USR1");
  assert.deepEqual(((await ended) as unknown[])[0], 9);
  client.end();
});

test("the command reads what the client sends, and large output arrives whole", async () => {
  assert.equal((await ssh("tr a-z A-Z", { stdin: "hello" })).stdout, "HELLO");
  assert.equal((await ssh("head -c 5000000 /dev/zero")).stdout.length, 5_000_000);
  assert.equal((await ssh("head -c 3000000 /dev/zero >&2")).stderr.length, 3_000_000);
});

test("a script can open /dev/stdin, /dev/stdout and /dev/stderr", async () => {
  const run = await ssh("cat /dev/stdin >/dev/stdout; echo oops >/dev/stderr", { stdin: "in" });
  assert.deepEqual(run, { exit: [0], stdout: "in", stderr: "oops\n" });
});

test("of the client's variables only LANG and LC_* are taken", async () => {
  const env = { LC_MESSAGES: "C", LANG: "C", SECRET: "x", LD_PRELOAD: "/x", BASH_ENV: "/x" };
  const { stdout } = await ssh('echo "$LANG $LC_MESSAGES"; env | grep -cE "^(SECRET|LD_PRELOAD|BASH_ENV)="', { env });
  assert.equal(stdout, "C C\n0\n");
});

test("closing the channel or the connection ends the command with what it started", async () => {
  for (const end of [
    (channel: ClientChannel) => channel.close(),
    (_: ClientChannel, client: ssh2.Client) => client.destroy(),
  ]) {
    const client = await connect();
    const channel = await open(client, "sleep 1000 & echo $$ $!; wait");
    const [line] = (await once(channel, "data")) as [Buffer];
    end(channel, client);
    for (const pid of line.toString().trim().split(" ")) await gone(Number(pid));
    client.end();
  }
});

test("a terminal has the size and the type that the client asked for", async () => {
  const client = await connect();
  const channel = await new Promise<ClientChannel>((resolve, reject) => {
    client.shell({ rows: 33, cols: 101, term: "vt100" }, (error, made) => (error ? reject(error) : resolve(made)));
  });
  const { stdout, exit } = await finish(channel, "tty; stty size; echo $TERM; exit 4\n");
  assert.match(stdout, /\/dev\/pts\/\d+/);
  assert.match(stdout, /33 101/);
  assert.match(stdout, /vt100/);
  assert.deepEqual(exit, [4]);
  client.end();
});

test("forwarding is refused", async () => {
  const client = await connect();
  await assert.rejects(
    new Promise((resolve, reject) => {
      client.forwardOut("127.0.0.1", 1, "127.0.0.1", server.port, (error, channel) =>
        error ? reject(error) : resolve(channel),
      );
    }),
  );
  client.end();
});

test("it listens on loopback only, and names a taken port", async () => {
  const options = { port: server.port, hostKey: hostKey.privateKey, username: "u", authorizedKeys: [] };
  const spawn = () => assert.fail("nobody logged in");
  await assert.rejects(SshServer.start({ ...options, spawn, address: "0.0.0.0" }), /loopback only/);
  await assert.rejects(SshServer.start({ ...options, spawn, address: "127.0.0.1" }), /EP-SANDBOX-03/);
  await assert.rejects(
    SshServer.start({ ...options, spawn, address: "127.0.0.1", authorizedKeys: ["no key"] }),
    /SSH public key "no key" cannot be read/,
  );
});
