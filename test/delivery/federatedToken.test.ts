import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { after, afterEach, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { identify, isAlive } from "../../tools/pulumi/processes.ts";
import { SERVICE_CONNECTION_ID, WorkloadIdentity } from "../harness/entra/workloadIdentity.ts";
import { findSecrets } from "../harness/leakScan.ts";

const MAIN = join(import.meta.dirname, "../../delivery/federatedToken/main.ts");
const IDENTITY = {
  ARM_CLIENT_ID: "22222222-2222-2222-2222-222222222222",
  ARM_TENANT_ID: "11111111-1111-1111-1111-111111111111",
};

let job: WorkloadIdentity;
let temporary: string;
before(async () => {
  temporary = mkdtempSync(join(tmpdir(), "entra-postgres-federated-"));
  // Short, so that renewals come soon.
  job = await WorkloadIdentity.start({ lifetimeSeconds: 2 });
});
afterEach(() => {
  job.fault = undefined;
});
after(async () => {
  await job?.close();
  rmSync(temporary, { recursive: true, force: true });
});

interface Run {
  exitCode: number;
  out: string;
  err: string;
}

function start(args: string[], env: NodeJS.ProcessEnv): ChildProcess {
  const { PATH } = process.env;
  return spawn(process.execPath, [MAIN, ...args], {
    env: { ...(PATH === undefined ? {} : { PATH }), RUNNER_TEMP: temporary, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    // Without a renewal the script would wait for ever.
    timeout: 60_000,
  });
}

/** Runs the tool, whose output may hold no token. */
async function run(args: string[], env: NodeJS.ProcessEnv): Promise<Run> {
  const child = start(args, env);
  const [out, err, [exitCode]] = await Promise.all([
    text(child.stdout ?? assert.fail()),
    text(child.stderr ?? assert.fail()),
    once(child, "close") as Promise<[number]>,
  ]);
  assert.deepEqual(findSecrets(out + err, job.assertions), []);
  return { exitCode, out, err };
}

/** The folders of token files. */
const folders = () => readdirSync(temporary).filter((name) => name.startsWith("federated-token-"));

/** Runs a script of Node.js in it. */
function wrapped(script: string, env: NodeJS.ProcessEnv = {}, ...args: string[]): Promise<Run> {
  return run(["--", process.execPath, "--input-type=module", "-e", script, ...args], {
    ...IDENTITY,
    ...job.githubVariables,
    ...env,
  });
}

/** A script that reads the file until it has held that many tokens, each of them whole. */
const READ_SEVERAL = `
  import { readFileSync } from "node:fs";
  import { setTimeout as sleep } from "node:timers/promises";
  const seen = new Set();
  while (seen.size < Number(process.argv[1])) {
    const assertion = readFileSync(process.env.AZURE_FEDERATED_TOKEN_FILE, "utf8");
    if (!/^[\\w-]+\\.[\\w-]+\\.[\\w-]+$/.test(assertion)) throw new Error("half a token");
    seen.add(assertion);
    await sleep(20);
  }
`;

test("a command gets the Azure SDK's variables and a file for its owner only", async () => {
  const { exitCode, out, err } = await wrapped(`
    import { readFileSync, statSync } from "node:fs";
    import { dirname } from "node:path";
    const { AZURE_CLIENT_ID, AZURE_TENANT_ID, AZURE_FEDERATED_TOKEN_FILE: file, ARM_USE_DEFAULT_AZURE_CREDENTIAL } = process.env;
    const { aud, sub } = JSON.parse(Buffer.from(readFileSync(file, "utf8").split(".")[1], "base64url"));
    const mode = (path) => (statSync(path).mode & 0o777).toString(8);
    const modes = [mode(file), mode(dirname(file))];
    console.log(JSON.stringify({ AZURE_CLIENT_ID, AZURE_TENANT_ID, ARM_USE_DEFAULT_AZURE_CREDENTIAL, aud, sub, modes }));
    process.exitCode = 3;
  `);
  assert.equal(exitCode, 3, err);
  assert.deepEqual(JSON.parse(out), {
    AZURE_CLIENT_ID: IDENTITY.ARM_CLIENT_ID,
    AZURE_TENANT_ID: IDENTITY.ARM_TENANT_ID,
    aud: "api://AzureADTokenExchange",
    sub: job.subject,
    modes: ["600", "700"],
  });
  assert.equal(err, "");
  assert.deepEqual(folders(), [], "the file is gone with the command");
});

test("the file is kept fresh for as long as the command runs", async () => {
  const { exitCode, err } = await wrapped(READ_SEVERAL, {}, "3");
  assert.equal(exitCode, 0, err);
  assert.equal(err, "");
});

test("an outage of the endpoint is reported once and survived", async () => {
  const before = job.requests;
  job.fault = (request) => (request > before + 1 && request <= before + 4 ? { status: 503, body: "busy" } : undefined);
  const { exitCode, err } = await wrapped(READ_SEVERAL, {}, "2");
  assert.equal(exitCode, 0, err);
  const lines = err.trim().split("\n");
  assert.equal(lines.length, 1, err);
  assert.match(
    lines[0] ?? "",
    /^federatedToken: the OIDC endpoint of ACTIONS_ID_TOKEN_REQUEST_URL answered 503; trying again\. The file keeps the token before, which expires at \d{4}-/,
  );
});

test("a command does not run when the endpoint refuses", async () => {
  job.fault = () => ({ status: 403 });
  const { exitCode, out, err } = await wrapped('console.log("it ran")');
  assert.equal(exitCode, 1);
  assert.equal(out, "");
  assert.match(err, /^federatedToken: the OIDC endpoint of ACTIONS_ID_TOKEN_REQUEST_URL answered 403\n$/);
  assert.deepEqual(folders(), []);
});

test("on Azure DevOps azure-native reads the file of the connection's token", async () => {
  const print =
    "console.log(process.env.ARM_USE_DEFAULT_AZURE_CREDENTIAL, process.env.AZURE_FEDERATED_TOKEN_FILE !== undefined)";
  const { exitCode, out, err } = await run(["--", process.execPath, "-e", print], {
    ...IDENTITY,
    ...job.azureDevOpsVariables,
  });
  assert.equal(exitCode, 0, err);
  assert.equal(out.trim(), "true true");
  const wrong = {
    ...job.azureDevOpsVariables,
    ARM_OIDC_AZURE_SERVICE_CONNECTION_ID: SERVICE_CONNECTION_ID.replace("5", "6"),
  };
  const refused = await run(["--", process.execPath, "-e", print], { ...IDENTITY, ...wrong });
  assert.match(refused.err, /endpoint of SYSTEM_OIDCREQUESTURI answered 404/);
});

test("a secret or a certificate is not copied; the error names the variables", async () => {
  const secret = await wrapped("", { ARM_CLIENT_SECRET: "the-secret" });
  assert.equal(secret.exitCode, 1);
  assert.match(
    secret.err,
    /ARM_CLIENT_SECRET is set, .* Set AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET in the job/,
  );
  assert.ok(!secret.err.includes("the-secret"));
  const certificate = await wrapped("", { ARM_CLIENT_CERTIFICATE_PATH: "login.pem" });
  assert.match(certificate.err, /AZURE_CLIENT_CERTIFICATE_PATH, AZURE_CLIENT_CERTIFICATE_PASSWORD/);
});

test("missing settings and wrong calls are named with the next step", async () => {
  const nobody = await run(["--", "true"], job.githubVariables);
  assert.match(nobody.err, /ARM_CLIENT_ID and ARM_TENANT_ID not set/);
  const nothing = await run(["--", "true"], IDENTITY);
  assert.match(nothing.err, /permissions: id-token: write[\s\S]*SYSTEM_ACCESSTOKEN: \$\(System\.AccessToken\)/);
  for (const args of [[], ["pulumi", "up"], ["--"], ["--background", "x"], ["--stay"]]) {
    const { exitCode, err } = await run(args, { ...IDENTITY, ...job.githubVariables });
    assert.equal(exitCode, 1);
    assert.match(err, /Usage: federatedToken\/main\.ts -- COMMAND/);
  }
  const absent = await run(["--", "no-such-program"], { ...IDENTITY, ...job.githubVariables });
  assert.equal(absent.exitCode, 1);
  assert.match(absent.err, /no-such-program cannot be started/);
  assert.deepEqual(folders(), []);
});

test("a signal reaches the command, and the file is removed after it", async () => {
  const script = 'process.on("SIGTERM", () => process.exit(7)); setInterval(() => {}, 1000); console.log("up")';
  const child = start(["--", process.execPath, "-e", script], { ...IDENTITY, ...job.githubVariables });
  await once(child.stdout ?? assert.fail(), "data");
  assert.equal(folders().length, 1);
  child.kill("SIGTERM");
  const [exitCode] = await once(child, "close");
  assert.equal(exitCode, 7);
  assert.deepEqual(folders(), []);
});

/** Waits until this holds; a test's own time limit ends it. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(20);
}

for (const [how, end] of [
  ["a signal", (pid: number) => process.kill(pid, "SIGTERM")],
  ["the runner, which empties its folder", (_pid: number, file: string) => rmSync(dirname(file), { recursive: true })],
] as const) {
  test(`in the background it sets variables for later steps until ${how}`, {
    timeout: 60_000,
  }, async () => {
    const githubEnv = join(temporary, "github-env");
    writeFileSync(githubEnv, "BEFORE=1\n");
    const { exitCode, out, err } = await run(["--background"], {
      ...IDENTITY,
      ...job.githubVariables,
      GITHUB_ENV: githubEnv,
    });
    assert.equal(exitCode, 0, err);
    assert.equal(out, "");
    const pid = Number(/process (\d+) keeps the token fresh/.exec(err)?.[1]);
    const keeper = identify(pid);
    assert.ok(keeper, "it stays");
    try {
      const lines = readFileSync(githubEnv, "utf8").trim().split("\n");
      const file = lines.find((line) => line.startsWith("AZURE_FEDERATED_TOKEN_FILE="))?.split("=")[1] ?? "";
      assert.deepEqual(lines, [
        "BEFORE=1",
        `AZURE_CLIENT_ID=${IDENTITY.ARM_CLIENT_ID}`,
        `AZURE_TENANT_ID=${IDENTITY.ARM_TENANT_ID}`,
        `AZURE_FEDERATED_TOKEN_FILE=${file}`,
      ]);
      assert.equal(statSync(file).mode & 0o777, 0o600);
      const first = readFileSync(file, "utf8");
      await until(() => readFileSync(file, "utf8") !== first);
      end(pid, file);
      await until(() => !isAlive(keeper));
      assert.deepEqual(folders(), []);
    } finally {
      if (isAlive(keeper)) process.kill(pid, "SIGKILL");
    }
  });
}

test("variables are printed for Azure DevOps and for a shell", async () => {
  const folder = join(temporary, "it's here");
  mkdirSync(folder);
  const env = { ...IDENTITY, ...job.githubVariables, RUNNER_TEMP: folder };
  const shell = await run(["--background"], env);
  const devOps = await run(["--background"], { ...env, TF_BUILD: "True" });
  for (const { err } of [shell, devOps]) process.kill(Number(/process (\d+) keeps/.exec(err)?.[1]), "SIGTERM");
  const source = `${shell.out}\nprintf %s "$AZURE_FEDERATED_TOKEN_FILE"`;
  const child = spawn("sh", ["-c", source], { stdio: ["ignore", "pipe", "inherit"] });
  assert.ok((await text(child.stdout)).startsWith(`${folder}/federated-token-`));
  assert.match(devOps.out, /^##vso\[task\.setvariable variable=AZURE_CLIENT_ID\]22222222-/m);
});
