import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { connectionDetails } from "../../components/connectionDetails/connectionDetails.ts";
import { chooseApplication, doctorOptions } from "../../components/doctor/stackDoctor.ts";
import { temporaryDirectory } from "../harness/testServer.ts";

const STARTER = join(import.meta.dirname, "../../components/doctor/main.ts");
const CLIENT_ID = "00000000-0000-0000-0000-00000000000a";
const connections = {
  orders: connectionDetails({
    host: "db.example",
    port: 5432,
    database: "app",
    user: "orders-vm",
    clientId: CLIENT_ID,
  }),
  reports: connectionDetails({
    host: "db.example",
    port: 5432,
    database: "it's",
    user: "reports-vm",
    rootCertificate: "/etc/ca.pem",
  }),
};

/** Runs the starter with a Pulumi CLI that prints `output`. */
function start(args: string[], output = JSON.stringify(connections), exitCode = 0) {
  const dir = temporaryDirectory();
  writeFileSync(join(dir, "output"), output);
  writeFileSync(
    join(dir, "pulumi"),
    `#!/bin/sh\necho "$*" >"${dir}/asked"\ncat "${dir}/output"\n[ ${exitCode} = 0 ] || echo "error: no stack named 'dev' found" >&2\nexit ${exitCode}\n`,
    { mode: 0o755 },
  );
  const env = { ...process.env, PATH: `${dir}:${process.env.PATH}` };
  const { status, stdout, stderr } = spawnSync(process.execPath, [STARTER, ...args], { encoding: "utf8", env });
  return { status, stdout, stderr, asked: () => readFileSync(join(dir, "asked"), "utf8") };
}

test("an application's connection becomes the doctor's options", () => {
  assert.deepEqual(doctorOptions(connections.orders), [
    ...["--host", "db.example", "--port", "5432", "--database", "app", "--role", "orders-vm"],
    ...["--client-id", CLIENT_ID, "--cloud", "public", "--ca-file", "/etc/ssl/certs/ca-certificates.crt"],
  ]);
  const inChina = { ...connections.reports, tokenResource: "https://ossrdbms-aad.database.chinacloudapi.cn" };
  assert.deepEqual(doctorOptions(inChina).slice(8), ["--cloud", "china", "--ca-file", "/etc/ca.pem"]);
});

test("the first application is the default, and an unknown one is refused with the names", () => {
  assert.equal(chooseApplication(connections, undefined).name, "orders");
  for (const name of ["order", "constructor"]) {
    assert.throws(() => chooseApplication(connections, name), /one of orders, reports[\s\S]*EP-DOCTOR-09/);
  }
  assert.throws(() => chooseApplication({}, undefined), /EP-DOCTOR-09/);
});

test("the script for a VM runs with the stack's values, and the command to paste names the VM", () => {
  const { status, stdout, stderr, asked } = start(["--stack", "dev", "--app", "reports", "--json"]);
  assert.equal(status, 0, stderr);
  assert.equal(asked(), "stack output connections --json --stack dev\n");
  assert.match(stdout, /az vm run-command invoke[\s\S]*'\[\?name=='\\''reports-vm'\\''\]\.id'/);
  const file = stdout.match(/ in (\S+\.sh);/)?.[1] ?? "";
  assert.equal(readFileSync(file, "utf8").split("\n")[0], "#!/bin/sh");
  // The authorities are a file of the VM, which this machine does not have.
  const { status: exitCode, stdout: report } = spawnSync("sh", [file], { encoding: "utf8" });
  rmSync(dirname(file), { recursive: true });
  assert.equal(exitCode, 2, report);
  assert.match(JSON.parse(report).found, /--ca-file \/etc\/ca\.pem cannot be read/);
});

test("a stack without outputs ends with a code and Pulumi's words", () => {
  const { status, stderr } = start(["--stack", "dev"], "", 255);
  assert.equal(status, 15);
  assert.match(stderr, /no stack named 'dev' found[\s\S]*EP-DOCTOR-10/);
});

test("without a stack the starter passes options, output and exit code through", () => {
  const { status, stdout } = start(["--host", "a b", "--json"]);
  assert.equal(status, 2);
  assert.equal(JSON.parse(stdout).code, "EP-DOCTOR-01");
  for (const args of [["--stack"], ["--app", "orders"]]) assert.equal(start(args).status, 2);
});

test("make doctor starts the doctor on the sandbox's VM, or writes it for a stack's", () => {
  const dry = (...variables: string[]) =>
    execFileSync("make", ["-n", "doctor", ...variables], { cwd: join(import.meta.dirname, "../.."), encoding: "utf8" });
  assert.match(
    dry("APP=reports"),
    /main\.ts vm reports -- sh -c 'exec sh components\/doctor\/doctor\.sh --host "\$PGHOST"/,
  );
  assert.match(dry("STACK=dev", "APP=reports"), /components\/doctor\/main\.ts --stack dev --app reports/);
});
