import assert from "node:assert/strict";
import { once } from "node:events";
import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, test } from "node:test";
import ssh2, { type ClientChannel } from "ssh2";
import { ProcessGroup } from "../../../sandbox/processes/processGroup.ts";
import { Supervisor } from "../../../sandbox/processes/supervisor.ts";
import { generateKeyPair, openKeyPair, parseKey } from "../../../sandbox/vm/hostKey.ts";
import { SshServer, type SshServerOptions } from "../../../sandbox/vm/sshServer.ts";
import { processEnd } from "../../harness/liveProcesses.ts";
import { temporaryDirectory } from "../../harness/testServer.ts";

const dir = temporaryDirectory();
const known = generateKeyPair();
const rsa = ssh2.utils.generateKeyPairSync("rsa", { bits: 2048 });
const stranger = generateKeyPair();
const hostKey = openKeyPair(join(dir, "ssh_host_ed25519_key"));
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

async function finish(channel: ClientChannel, stdin = ""): Promise<Run> {
  const exit = once(channel, "exit") as Promise<Run["exit"]>;
  channel.end(stdin);
  const [stdout, stderr] = await Promise.all([text(channel), text(channel.stderr)]);
  return { exit: (await exit).slice(0, 2), stdout, stderr };
}

async function ssh(command: string, options: ssh2.ExecOptions & { stdin?: string } = {}): Promise<Run> {
  const client = await connect();
  try {
    return await finish(await open(client, command, options), options.stdin);
  } finally {
    client.end();
  }
}

test("a known key logs in: Ed25519 and RSA", async () => {
  (await connect()).end();
  (await connect({ privateKey: rsa.private })).end();
});

test("another key, another user and a password are refused", async () => {
  const refused = { level: "client-authentication" };
  const { privateKey: _, ...password } = { privateKey: "", password: "secret" };
  for (const config of [{ privateKey: stranger.private }, { username: "root" }]) {
    await assert.rejects(connect(config), refused);
  }
  const client = new ssh2.Client();
  client.connect({ host: "127.0.0.1", port: server.port, username: "azureuser", ...password });
  await assert.rejects(once(client, "ready"), refused);
});

test("the host key survives a restart, in a file that only its owner can read", async () => {
  let presented: Buffer | undefined;
  const client = await connect({
    hostVerifier: (key: Buffer) => {
      presented = key;
      return true;
    },
  });
  client.end();
  assert.deepEqual(presented, parseKey(hostKey.publicKey)?.getPublicSSH());
  const file = join(dir, "ssh_host_ed25519_key");
  assert.deepEqual(openKeyPair(file), hostKey);
  assert.equal(statSync(file).mode & 0o777, 0o600);
});

for (const [what, command, stdin, run] of [
  ["exit code and both streams", "echo out; echo err >&2; exit 7", "", { exit: [7], stdout: "out\n", stderr: "err\n" }],
  ["a signal", "kill -TERM $$", "", { exit: [null, "SIGTERM"], stdout: "", stderr: "" }],
  [
    "output of a script that opens /dev/stdin, /dev/stdout and /dev/stderr",
    "tr a-z A-Z </dev/stdin >/dev/stdout; echo oops >/dev/stderr",
    "in",
    { exit: [0], stdout: "IN", stderr: "oops\n" },
  ],
] as const) {
  test(`the client gets ${what}`, async () => assert.deepEqual(await ssh(command, { stdin }), run));
}

test("a client's signal reaches the command", async () => {
  const client = await connect();
  const channel = await open(client, "trap 'exit 9' USR1; echo ready; while :; do sleep 0.05; done");
  await once(channel, "data");
  const ended = once(channel, "exit");
  channel.resume();
  channel.signal("USR1");
  assert.equal((await ended)[0], 9);
  client.end();
});

test("large output arrives complete", async () => {
  assert.equal((await ssh("head -c 5000000 /dev/zero")).stdout.length, 5_000_000);
  assert.equal((await ssh("head -c 3000000 /dev/zero >&2")).stderr.length, 3_000_000);
});

test("a client can set LANG and LC_*, and no other variable", async () => {
  const env = { LC_MESSAGES: "C", LANG: "C", SECRET: "x", LD_PRELOAD: "/x", BASH_ENV: "/x" };
  const { stdout } = await ssh('echo "$LANG $LC_MESSAGES"; env | grep -cE "^(SECRET|LD_PRELOAD|BASH_ENV)="', { env });
  assert.equal(stdout, "C C\n0\n");
});

test("the end of the channel or the connection ends the command with its child processes", async () => {
  for (const end of [
    (channel: ClientChannel) => channel.close(),
    (_: ClientChannel, client: ssh2.Client) => client.destroy(),
  ]) {
    const client = await connect();
    const channel = await open(client, "sleep 1000 & echo $$ $!; wait");
    const [line] = (await once(channel, "data")) as [Buffer];
    end(channel, client);
    for (const pid of line.toString().trim().split(" ")) await processEnd(Number(pid));
    client.end();
  }
});

test("a terminal has the client's size and type", async () => {
  const client = await connect();
  const channel = await new Promise<ClientChannel>((resolve, reject) => {
    client.shell({ rows: 33, cols: 101, term: "vt100" }, (error, made) => (error ? reject(error) : resolve(made)));
  });
  const { stdout, exit } = await finish(channel, "tty; stty size; echo $TERM; exit 4\n");
  for (const wanted of [/\/dev\/pts\/\d+/, /33 101/, /vt100/]) assert.match(stdout, wanted);
  assert.deepEqual(exit, [4]);
  client.end();
});

test("forwarding is refused", async () => {
  const client = await connect();
  const forwarded = new Promise((resolve, reject) => {
    client.forwardOut("127.0.0.1", 1, "127.0.0.1", server.port, (error) =>
      error ? reject(error) : resolve(undefined),
    );
  });
  await assert.rejects(forwarded);
  client.end();
});

test("other addresses than loopback, taken ports and malformed keys are refused", async () => {
  const spawn = () => assert.fail("nobody logged in");
  const options = { address: "127.0.0.1", port: server.port, hostKey: hostKey.privateKey, username: "u", spawn };
  const cases: [Partial<SshServerOptions>, RegExp][] = [
    [{ address: "0.0.0.0" }, /loopback only/],
    [{}, /EP-SANDBOX-03/],
    [{ authorizedKeys: ["no key"] }, /SSH public key "no key" cannot be read/],
  ];
  for (const [change, message] of cases) {
    await assert.rejects(SshServer.start({ ...options, authorizedKeys: [], ...change }), message);
  }
});
