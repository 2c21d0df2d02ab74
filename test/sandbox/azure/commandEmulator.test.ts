import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { CommandEmulator } from "../../../sandbox/azure/command/emulator.ts";
import { type Props, UNKNOWN } from "../../../sandbox/azure/providerHost.ts";
import { Directory } from "../../../sandbox/entra/directory.ts";
import { TokenIssuer } from "../../../sandbox/entra/tokenIssuer.ts";
import { generateKeyPair } from "../../../sandbox/vm/hostKey.ts";
import { VirtualMachine } from "../../../sandbox/vm/virtualMachine.ts";
import { temporaryDirectory } from "../../harness/testServer.ts";

const dir = temporaryDirectory();
const directory = new Directory(dir);
const key = generateKeyPair();
const stranger = generateKeyPair();
const machine = await VirtualMachine.start({
  name: "vm",
  dir: join(dir, "vm"),
  issuer: await TokenIssuer.open(directory, dir),
  identities: () => [],
  address: "127.0.0.1",
  sshPort: 0,
  adminUsername: "azureuser",
  authorizedKeys: [key.public],
});
after(async () => {
  await machine.stop();
  rmSync(dir, { recursive: true, force: true });
});

const emulator = new CommandEmulator();
const REMOTE = "command:remote:Command";
const LOCAL = "command:local:Command";
const connection = {
  host: "127.0.0.1",
  port: machine.sshPort,
  user: "azureuser",
  privateKey: key.private,
  dialErrorLimit: 0,
  perDialTimeout: 15,
};

function named(type: string) {
  return { type, name: "test", urn: `urn:pulumi:dev::test::${type}::test` };
}

function create(type: string, inputs: Props, more: { preview?: boolean; signal?: AbortSignal } = {}) {
  const { preview = false, signal = new AbortController().signal } = more;
  return emulator.create({ ...named(type), inputs, preview, signal, timeoutSeconds: 0, peer: "p" });
}

function remote(inputs: Props, changed: Props = {}) {
  return create(REMOTE, { ...inputs, connection: { ...connection, ...changed } });
}

function update(type: string, inputs: Props, preview = false) {
  const oldOutputs = { stdout: "old", stderr: "" };
  return emulator.update({ ...named(type), id: "i", oldOutputs, inputs, preview, peer: "p" });
}

function check(type: string, news: Props) {
  return emulator.check({ ...named(type), olds: {}, news, randomSeed: new Uint8Array() });
}

function diff(oldInputs: Props, news: Props) {
  return emulator.diff({ ...named(REMOTE), id: "i", oldInputs, oldOutputs: {}, news });
}

test("a command runs over SSH; its outputs lose one line end", async () => {
  const inputs = { create: "cat; echo; echo; echo warn >&2", stdin: "in" };
  const { id, outputs } = await remote(inputs);
  assert.match(id, /^test[0-9a-f]{8}$/);
  assert.deepEqual(outputs, { ...inputs, connection, stdout: "in\n", stderr: "warn" });
});

test("a failed command reports its status, the command and its output", async () => {
  await assert.rejects(remote({ create: 'echo "out"; exit 3' }), {
    message: 'Process exited with status 3: running "echo \\"out\\"; exit 3":\nout\n',
  });
  await assert.rejects(
    remote({ create: "kill -TERM $$" }),
    /^Error: Process exited with status 143 from signal TERM: /,
  );
});

test("the host key is verified when it is given", async () => {
  const { outputs } = await remote({ create: "echo yes" }, { hostKey: machine.hostKey });
  assert.equal(outputs.stdout, "yes");
  await assert.rejects(remote({ create: "echo yes" }, { hostKey: stranger.public }), {
    message: "after 0 failed attempts: ssh: handshake failed: ssh: host key mismatch",
  });
  await assert.rejects(remote({ create: "echo yes" }, { hostKey: "nonsense" }), /failed to parse host key/);
});

test("a refused key and a missing machine fail after the allowed attempts", async () => {
  await assert.rejects(remote({ create: "true" }, { privateKey: stranger.private, dialErrorLimit: 2 }), {
    message:
      "after 2 failed attempts: ssh: handshake failed: ssh: unable to authenticate, attempted methods [none publickey], no supported methods remain",
  });
  await assert.rejects(remote({ create: "true" }, { host: "127.0.0.77" }), /connect: connection refused/);
});

test("errors never hold the private key", async () => {
  const broken = key.private.replace("OPENSSH", "NO");
  await assert.rejects(remote({ create: "true" }, { privateKey: broken }), (error: Error) => {
    assert.match(error.message, /connection.privateKey cannot be read/);
    assert.ok(!error.message.includes(key.private.slice(60, 100)));
    return true;
  });
});

test("a variable that the machine refuses fails the command", async () => {
  const { outputs } = await remote({ create: "echo $LC_ALL", environment: { LC_ALL: "C" } });
  assert.equal(outputs.stdout, "C");
  await assert.rejects(remote({ create: "true", environment: { FOO: "x" } }), {
    message: /^could not set environment variable "FOO": ssh: setenv failed/,
  });
});

test("a preview runs no command and shows unknown outputs", async () => {
  const inputs = { create: "exit 1", connection: { ...connection, host: UNKNOWN } };
  const { outputs } = await create(REMOTE, inputs, { preview: true });
  assert.deepEqual(outputs, { ...inputs, stdout: UNKNOWN, stderr: UNKNOWN });
  const updated = await update(REMOTE, inputs, true);
  assert.deepEqual(updated.outputs, { ...inputs, stdout: UNKNOWN, stderr: UNKNOWN });
});

test("an update runs update or create or keeps the output; a delete runs delete", async () => {
  const updated = async (inputs: Props) => (await update(REMOTE, { ...inputs, connection })).outputs.stdout;
  assert.equal(await updated({ create: "echo c", update: "echo u" }), "u");
  assert.equal(await updated({ create: "echo c" }), "c");
  assert.equal(await updated({}), "old");
  const gone = (outputs: Props) =>
    emulator.delete({ ...named(REMOTE), id: "i", peer: "p", outputs: { ...outputs, connection } });
  await assert.rejects(gone({ delete: "exit 5" }), /Process exited with status 5/);
  await gone({ delete: "true" });
  await gone({});
});

test("a cancelled command ends", async () => {
  const controller = new AbortController();
  const inputs = { create: "touch ~/started; sleep 1000", connection };
  const running = create(REMOTE, inputs, { signal: controller.signal });
  await machine.run("until [ -e ~/started ]; do sleep 0.02; done");
  controller.abort();
  await assert.rejects(running, /exited without exit status/);
});

test("a changed input updates, a changed trigger replaces", async () => {
  const inputs = { create: "a", triggers: [1, { a: 2 }] };
  assert.deepEqual(await diff(inputs, { create: "a", triggers: [1, { a: 2 }] }), {
    changes: false,
    replaces: [],
    diffs: [],
  });
  assert.deepEqual(await diff(inputs, { ...inputs, create: "b" }), { changes: true, replaces: [], diffs: ["create"] });
  assert.deepEqual(await diff(inputs, { ...inputs, triggers: [2, { a: 2 }] }), {
    changes: true,
    replaces: ["triggers"],
    diffs: ["triggers"],
  });
});

test("a connection gets the defaults and is secret", async () => {
  const given = { host: "127.0.0.1", privateKey: "k" };
  const { inputs, failures } = await check(REMOTE, { create: "a", connection: given });
  assert.deepEqual(failures, []);
  assert.deepEqual(inputs.connection, { ...given, port: 22, user: "root", dialErrorLimit: 10, perDialTimeout: 15 });
  assert.deepEqual(emulator.secretOutputs(REMOTE), [
    "connection",
    "connection.password",
    "connection.privateKey",
    "connection.privateKeyPassword",
  ]);
  assert.deepEqual(emulator.secretOutputs(LOCAL), []);
  assert.deepEqual((await check(REMOTE, { create: UNKNOWN, connection: UNKNOWN })).failures, []);
  assert.deepEqual((await check(REMOTE, { connection: { host: UNKNOWN, privateKey: UNKNOWN } })).failures, []);
});

test("inputs that the sandbox does not emulate are refused by name", async () => {
  const refused = async (type: string, news: Props) => (await check(type, news)).failures.map((one) => one.property);
  const given = { host: "localhost", privateKey: "k" };
  for (const name of ["password", "privateKeyPassword", "agentSocketPath", "proxy", "bogus"]) {
    assert.deepEqual(await refused(REMOTE, { connection: { ...given, [name]: "x" } }), [`connection.${name}`]);
  }
  assert.deepEqual(await refused(REMOTE, {}), ["connection"]);
  assert.deepEqual(await refused(REMOTE, { connection: {} }), ["connection.host", "connection.privateKey"]);
  assert.deepEqual(await refused(REMOTE, { connection: { ...given, host: "192.0.2.1" } }), ["connection.host"]);
  assert.deepEqual(await refused(REMOTE, { connection: { ...given, port: "22" } }), ["connection.port"]);
  assert.deepEqual(await refused(REMOTE, { connection: given, logging: "loud", dir: "/" }), ["logging", "dir"]);
  assert.deepEqual(await refused(LOCAL, { create: 1, environment: { A: 1 }, assetPaths: ["*"] }), [
    "create",
    "environment.A",
    "assetPaths",
  ]);
  await assert.rejects(
    check("command:remote:CopyToRemote", {}),
    /does not emulate the resource type command:remote:CopyToRemote/,
  );
  await assert.rejects(create("command:local:run", {}), /does not emulate the resource type command:local:run/);
});

test("a local command runs on this host, with its folder, interpreter and last output", async () => {
  const { outputs } = await create(LOCAL, {
    create: "cat; pwd; echo $FOO",
    stdin: "in ",
    dir: "/",
    environment: { FOO: "x" },
  });
  assert.equal(outputs.stdout, "in /\nx");
  const { outputs: other } = await create(LOCAL, { create: "1 + 1", interpreter: [process.execPath, "-p"] });
  assert.equal(other.stdout, "2");
  await assert.rejects(create(LOCAL, { create: "echo oops >&2; exit 4" }), {
    message: 'exit status 4: running "echo oops >&2; exit 4":\noops\n',
  });
  const command = 'echo "[$PULUMI_COMMAND_STDOUT]"';
  assert.equal((await update(LOCAL, { create: command })).outputs.stdout, "[old]");
  assert.equal((await update(LOCAL, { create: command, addPreviousOutputInEnv: false })).outputs.stdout, "[]");
});
