import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { shellQuote } from "../../components/connectionDetails/shellQuote.ts";
import { doctorScript } from "../../components/doctor/doctorScript.ts";
import { ERROR_TABLE } from "../../components/errors/errorTable.ts";
import type { ImdsFault } from "../../sandbox/entra/imds.ts";
import { type ImdsIdentity, POSTGRES_RESOURCE } from "../../sandbox/entra/tokenRequest.ts";
import { CertificateAuthority } from "../../sandbox/postgres/certificates.ts";
import { VirtualMachine } from "../../sandbox/vm/virtualMachine.ts";
import { TestServer, temporaryDirectory } from "../harness/testServer.ts";

// The doctor as a VM of the sandbox runs it, with the shell that Debian and Ubuntu call sh.
let context: TestServer;
let machine: VirtualMachine;
let identities: ImdsIdentity[];
let caFile: string;
const ALLOWED = [{ name: "here", startIpAddress: "127.0.0.1", endIpAddress: "127.0.0.1" }];
const CHECKED = ["tools", "metadata", "token", "dns", "tcp", "tls", "login", "binding", "rights"];

before(async () => {
  context = await TestServer.open();
  const principal = context.directory.add({ displayName: "orders", type: "service" });
  identities = [{ principal, kind: "system" }];
  await context.server.createDatabase("app");
  await asAdmin("SELECT pgaadauth_create_principal('orders', false, false)");
  await asService(
    "CREATE SCHEMA shop; CREATE TABLE shop.items (id int); GRANT USAGE ON SCHEMA shop TO orders; GRANT SELECT ON shop.items TO orders",
  );
  caFile = join(context.dir, "ca.pem");
  machine = await VirtualMachine.start({
    name: "vm",
    dir: makeFolder(join(context.dir, "vm")),
    issuer: context.issuer,
    identities: () => identities,
    address: "127.0.0.1",
    sshPort: 0,
    adminUsername: "azureuser",
    authorizedKeys: [],
  });
});
after(async () => {
  await machine?.stop();
  await context?.close();
});

function makeFolder(dir: string): string {
  mkdirSync(dir);
  return dir;
}

const asAdmin = (sql: string) => context.query("admin", context.admin, sql);
const asService = (sql: string) => context.server.asService(sql, "app");

interface Check {
  /** Options beside those of the context; undefined leaves one of those out. */
  options?: Record<string, string | undefined>;
  flags?: string[];
  env?: Record<string, string>;
  stdin?: string;
  /** Shell before the doctor. */
  prefix?: string;
}

function command({ options, flags = [], prefix = "" }: Check): string {
  const given: Record<string, string | undefined> = {
    host: "localhost",
    port: String(context.server.port),
    database: "app",
    role: "orders",
    "ca-file": caFile,
    ...options,
  };
  const args = Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value]));
  return `${prefix}\nexec "\${SHELL_OF_VM:-/bin/sh}" -c "$DOCTOR" doctor.sh ${[...args, ...flags].map(shellQuote).join(" ")}`;
}

async function examine(check: Check = {}) {
  const env = { DOCTOR: doctorScript(), ...check.env };
  const { exitCode, stdout, stderr } = await machine.run(command(check), {
    env,
    timeoutSeconds: 90,
    ...(check.stdin === undefined ? {} : { stdin: check.stdin }),
  });
  for (const token of context.tokens) {
    assert.ok(![token, token.split(".")[1] ?? ""].some((part) => (stdout + stderr).includes(part)), "a token is shown");
  }
  return { exitCode, stdout, stderr };
}

async function diagnosis(check: Check = {}) {
  const { exitCode, stdout, stderr } = await examine({ ...check, flags: ["--json", ...(check.flags ?? [])] });
  assert.equal(stderr, "");
  const report = JSON.parse(stdout);
  assert.equal(report.exitCode, exitCode);
  return report;
}

test("a login that works passes every step", async () => {
  const { exitCode, stdout, stderr } = await examine({ options: { schema: "shop", profile: "reader" } });
  assert.equal(exitCode, 0, stdout + stderr);
  assert.deepEqual(
    stdout.match(/^ {2}ok +(\w+)/gm)?.map((line) => line.trim().split(/ +/)[1]),
    CHECKED,
  );
  assert.match(stdout, new RegExp(`binding +aadauth,oid=${identities[0]?.principal.objectId},type=service`));
});

interface Fault extends Check {
  step: string;
  code: keyof typeof ERROR_TABLE;
  exitCode: number;
  /** Plants the fault. Returns what takes it away. */
  plant?: () => unknown;
  heal?: () => unknown;
}

const imds = (fault: ImdsFault) => ({
  plant: () => {
    machine.imds.fault = () => fault;
  },
  heal: () => {
    machine.imds.fault = undefined;
  },
});

const claims = (override: Record<string, unknown>) => ({
  plant: () => {
    context.issuer.override = override;
  },
  heal: () => {
    context.issuer.override = {};
  },
});

const sql = (plant: string, heal: string) => ({ plant: () => asService(plant), heal: () => asService(heal) });
const past = () => Math.floor(Date.now() / 1000) - 600;
const FOREIGN_ID = "11111111-2222-3333-4444-555555555555";
const ONLY_JQ_MISSING =
  'mkdir -p "$HOME/bin"; for t in sh env curl psql cat tr sed cut date; do ln -sf "$(command -v $t)" "$HOME/bin/"; done; PATH="$HOME/bin"';

const FAULTS: Record<string, Fault> = {
  "a missing tool": { step: "tools", code: "EP-CHECK-03", exitCode: 10, prefix: ONLY_JQ_MISSING },
  "no metadata service": {
    ...{ step: "metadata", code: "EP-CHECK-04", exitCode: 11 },
    ...imds({ instead: "reset" }),
  },
  "no identity on the VM": {
    ...{ step: "token", code: "EP-VM-07", exitCode: 11 },
    options: { "client-id": FOREIGN_ID },
  },
  "several identities and no client id": {
    ...{ step: "token", code: "EP-DOCTOR-02", exitCode: 11 },
    plant: () => {
      const [first] = identities;
      if (!first) throw new Error("the VM has no identity");
      identities = [
        { ...first, kind: "user" },
        { principal: context.admin, kind: "user" },
      ];
    },
    heal: () => {
      identities = identities.slice(0, 1).map(({ principal }) => ({ principal, kind: "system" }));
    },
  },
  "a busy metadata service": {
    ...{ step: "token", code: "EP-AZ-05", exitCode: 11 },
    ...imds({ status: 410, body: "{}" }),
  },
  "another program at the metadata address": {
    ...{ step: "token", code: "EP-AZ-06", exitCode: 11 },
    ...imds({ status: 200, body: '{"access_token":"a secret of another program"}' }),
  },
  "an expired token": {
    ...{ step: "token", code: "EP-DOCTOR-04", exitCode: 11 },
    ...claims({ exp: past() }),
  },
  "a wrong clock": {
    ...{ step: "token", code: "EP-DOCTOR-05", exitCode: 11 },
    plant: async () => {
      const token = await context.token(context.admin);
      const headers = { date: new Date(Date.now() - 3_600_000).toUTCString() };
      machine.imds.fault = () => ({ status: 200, headers, body: JSON.stringify({ access_token: token }) });
    },
    heal: () => {
      machine.imds.fault = undefined;
    },
  },
  "a wrong tenant": {
    ...{ step: "token", code: "EP-DOCTOR-06", exitCode: 11 },
    options: { tenant: FOREIGN_ID },
  },
  "a wrong tenant that only the server knows": {
    ...{ step: "login", code: "EP-PG-04", exitCode: 14 },
    ...claims({ tid: FOREIGN_ID }),
  },
  "a token of another cloud": {
    ...{ step: "token", code: "EP-DOCTOR-07", exitCode: 11 },
    ...claims({ aud: "https://ossrdbms-aad.database.usgovcloudapi.net" }),
  },
  "a name that does not exist": {
    ...{ step: "dns", code: "EP-PG-07", exitCode: 12 },
    options: { host: "no-such-server.invalid" },
    env: { AZURE_AUTHORITY_HOST: "https://localhost:1" },
  },
  "no network": {
    ...{ step: "dns", code: "EP-DOCTOR-03", exitCode: 12 },
    options: { host: "no-such-server.invalid" },
    env: { AZURE_AUTHORITY_HOST: "https://login.invalid" },
  },
  "a server that is stopped": {
    ...{ step: "tcp", code: "EP-PG-08", exitCode: 12 },
    options: { port: "1" },
  },
  "an unknown authority": {
    ...{ step: "tls", code: "EP-PG-01", exitCode: 13 },
    options: { "ca-file": undefined },
  },
  "a firewall without a rule": {
    ...{ step: "login", code: "EP-PG-03", exitCode: 12 },
    plant: () => context.server.setFirewallRules([]),
    heal: () => context.server.setFirewallRules(ALLOWED),
  },
  "a role that does not exist": {
    ...{ step: "login", code: "EP-CHECK-07", exitCode: 14 },
    options: { role: "order" },
  },
  "a database that does not exist": {
    ...{ step: "login", code: "EP-PG-06", exitCode: 14 },
    options: { database: "apps" },
  },
  "a role of the identity before the VM was rebuilt": {
    ...{ step: "binding", code: "EP-PG-05", exitCode: 14 },
    plant: () => relabel(context.admin.objectId),
    heal: () => relabel(identities[0]?.principal.objectId ?? ""),
  },
  "no right to connect": {
    ...{ step: "login", code: "EP-PG-18", exitCode: 16 },
    ...sql("REVOKE CONNECT ON DATABASE app FROM PUBLIC", "GRANT CONNECT ON DATABASE app TO PUBLIC"),
  },
  "an administrator's rights": {
    ...{ step: "rights", code: "EP-CHECK-10", exitCode: 16 },
    ...sql("ALTER ROLE orders CREATEROLE", "ALTER ROLE orders NOCREATEROLE"),
  },
  "a schema that does not exist": {
    ...{ step: "rights", code: "EP-DOCTOR-08", exitCode: 16 },
    options: { schema: "shops" },
  },
  "a schema without USAGE": {
    ...{ step: "rights", code: "EP-CHECK-01", exitCode: 16 },
    ...sql("REVOKE USAGE ON SCHEMA shop FROM orders", "GRANT USAGE ON SCHEMA shop TO orders"),
    options: { schema: "shop" },
  },
  "a missing right": {
    ...{ step: "rights", code: "EP-CHECK-01", exitCode: 16 },
    options: { schema: "shop", profile: "writer" },
  },
  "a right in excess": {
    ...{ step: "rights", code: "EP-CHECK-01", exitCode: 16 },
    ...sql("GRANT INSERT ON shop.items TO orders", "REVOKE INSERT ON shop.items FROM orders"),
    options: { schema: "shop", profile: "reader" },
  },
};

function relabel(objectId: string): Promise<unknown> {
  return asAdmin(`SELECT pgaadauth_update_principal_with_oid('orders', '${objectId}', 'service', false, false)`);
}

for (const [fault, { plant, heal, step, code, exitCode, ...check }] of Object.entries(FAULTS)) {
  test(`${fault}: the doctor names ${step} and ${code}`, async () => {
    await plant?.();
    const report = await diagnosis(check).finally(() => heal?.());
    assert.deepEqual([report.step, report.code, report.exitCode], [step, code, exitCode], JSON.stringify(report));
    const at = CHECKED.indexOf(step);
    assert.deepEqual(
      report.steps.map((each: { step: string; status: string }) => [each.step, each.status]),
      CHECKED.map((name, index) => [name, index < at ? "ok" : index === at ? "failed" : "not reached"]),
    );
    assert.equal(report.title, ERROR_TABLE[code].title);
    if (code !== "EP-CHECK-04") assert.equal(report.next, ERROR_TABLE[code].next);
  });
}

test("a server that does not answer, and one without TLS, are told apart", async () => {
  let reply: string | undefined = "N";
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", () => reply && socket.end(reply));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const options = { port: String((server.address() as AddressInfo).port) };
  const plain = await diagnosis({ options });
  reply = undefined;
  const silent = await diagnosis({ options });
  server.close();
  assert.deepEqual([plain.step, plain.code], ["tls", "EP-PG-02"]);
  assert.deepEqual([silent.step, silent.code], ["tcp", "EP-PG-09"]);
});

test("the token reaches no server whose certificate is not verified", async () => {
  const stranger = await CertificateAuthority.open(temporaryDirectory());
  const from = context.lines.length;
  const prefix = `cat >"$HOME/ca.pem" <<'PEM'\n${stranger.certificatePem}\nPEM`;
  const found = await diagnosis({ prefix: `${prefix}\ncd "$HOME"`, options: { "ca-file": "ca.pem" } });
  assert.equal(found.code, "EP-PG-01");
  assert.deepEqual(
    context.lines.slice(from).filter((line) => line.includes("refused")),
    [],
  );
});

test("variables of libpq and proxies of the machine change nothing", async () => {
  const prefix =
    "export PGOPTIONS='-c role=nobody' PGHOSTADDR=192.0.2.1 PGSSLMODE=disable PGUSER=admin PGDATABASE=none PGPORT=1 " +
    "http_proxy=http://127.0.0.1:1 HTTP_PROXY=http://127.0.0.1:1 ALL_PROXY=http://127.0.0.1:1; unset NO_PROXY no_proxy";
  const report = await diagnosis({ prefix });
  assert.equal(report.ok, true, JSON.stringify(report));
});

test("nothing secret of the metadata service or the environment is shown", async () => {
  const secret = await context.token(context.admin);
  machine.imds.fault = () => ({ status: 400, body: JSON.stringify({ error_description: `refused: ${secret} "\\` }) });
  const { stdout, stderr } = await examine({ env: { PGPASSWORD: "planted-secret" } });
  const asJson = await diagnosis({ env: { PGPASSWORD: "planted-secret" } });
  machine.imds.fault = undefined;
  assert.match(stdout, /refused: <token> "\\/);
  assert.equal(asJson.found, 'HTTP 400 refused: <token> "\\');
  assert.doesNotMatch(stdout + stderr + JSON.stringify(asJson), /planted-secret/);
});

test("the token is in no argument list", async () => {
  // Each program of the doctor writes down how it was called.
  const prefix = [
    'mkdir -p "$HOME/spy"',
    "for t in curl jq psql sed tr cut date cat; do",
    '  printf \'#!/bin/sh\\nprintf "%%s\\\\n" "$0 $*" >>"%s/calls"\\nexec %s "$@"\\n\' "$HOME" "$(command -v $t)" >"$HOME/spy/$t"',
    '  chmod +x "$HOME/spy/$t"',
    "done",
    'PATH="$HOME/spy:$PATH"',
  ].join("\n");
  const { exitCode, stdout } = await examine({ prefix, options: { schema: "shop", profile: "reader" } });
  assert.equal(exitCode, 0, stdout);
  const calls = (await machine.run('cat "$HOME/calls"')).stdout;
  assert.match(calls, /psql -X/);
  assert.deepEqual(
    context.tokens.filter((token) => calls.includes(token)),
    [],
  );
});

test("a laptop brings its own token, or looks at the network alone", async () => {
  const stdin = `${await context.token(context.admin)}\n`;
  const own = await diagnosis({ stdin, flags: ["--token-stdin"], options: { role: "admin" } });
  assert.deepEqual([own.ok, own.steps[1].status], [true, "skipped"], JSON.stringify(own));
  const none = await diagnosis({ stdin: "", flags: ["--token-stdin"] });
  assert.deepEqual([none.step, none.code], ["token", "EP-AZ-01"]);
  const noToken = await diagnosis({ flags: ["--network-only"], options: { role: undefined } });
  assert.deepEqual(
    noToken.steps.map(({ status }: { status: string }) => status),
    ["ok", "skipped", "skipped", "ok", "ok", "ok", "skipped", "skipped", "skipped"],
  );
});

const BAD_OPTIONS: Record<string, [options: Record<string, string | undefined>, flags?: string[]]> = {
  "no host": [{ host: undefined }],
  "a host that is an address of a page": [{ host: "https://localhost" }],
  "a host that is a folder of sockets": [{ host: "/var/run" }],
  "no role": [{ role: undefined }],
  "a port in words": [{ port: "five" }],
  "an unknown cloud": [{ cloud: "moon" }],
  "a client id that changes the request": [{ "client-id": "x&resource=y" }],
  "a file of authorities that is missing": [{ "ca-file": "/nonexistent.pem" }],
  "an unknown profile": [{ schema: "shop", profile: "king" }],
  "a profile without a schema": [{ profile: "reader" }],
  "an unknown option": [{}, ["--colour"]],
  "an option without a value": [{}, ["--tenant"]],
};

test("options that are invalid end with exit code 2 before anything is checked", async () => {
  const requests = machine.imds.requests;
  for (const [what, [options, flags = []]] of Object.entries(BAD_OPTIONS)) {
    const report = await diagnosis({ options, flags });
    assert.deepEqual([report.code, report.exitCode, report.steps], ["EP-DOCTOR-01", 2, []], what);
  }
  assert.equal(machine.imds.requests, requests);
});

test("the doctor asks for a token for the cloud's database", async () => {
  // The sandbox's tenant knows the public cloud's database only.
  const report = await diagnosis({ options: { cloud: "china" } });
  assert.match(
    report.found,
    /resource principal named https:\/\/ossrdbms-aad\.database\.chinacloudapi\.cn was not found/,
  );
  assert.ok(!report.found.includes(POSTGRES_RESOURCE));
});

test("bash runs the doctor as well", async () => {
  const report = await diagnosis({ env: { SHELL_OF_VM: "/bin/bash" } });
  assert.equal(report.ok, true, JSON.stringify(report));
});
