import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ENTRA_AUDIENCE } from "../../components/azure/assertionEndpoint.ts";
import { CertificateAuthority } from "../../sandbox/postgres/certificates.ts";
import { Program, UP } from "../../tools/harness/program.ts";
import { TokenEndpoint } from "../harness/entra/tokenEndpoint.ts";
import { WorkloadIdentity } from "../harness/entra/workloadIdentity.ts";
import { findSecrets } from "../harness/leakScan.ts";

// The program as a CI job runs it, whose only credential is an OIDC token of 10 minutes. Entra's clock moves by 11 minutes after the
// first token of an `up`, as if the server took so long to create.

/** Milliseconds. */
const SERVER_TAKES = 11 * 60_000;
const ONE_APP = { apps: [{ name: "app", profile: "writer", vmName: "sandbox-vm" }] };

let program: Program;
let job: WorkloadIdentity;
let entra: TokenEndpoint;
let environment: NodeJS.ProcessEnv;
let passed = 0;
before(async () => {
  program = await Program.start();
  program.configure(ONE_APP);
  await program.init("sandbox");
  const now = () => Date.now() + passed;
  job = await WorkloadIdentity.start({ now });
  const { directory, issuer, deployer } = program.sandbox;
  const federated = [{ issuer: job.issuer, subject: job.subject, keys: job.jwks }];
  entra = await TokenEndpoint.start({
    directory,
    issuer,
    authority: await CertificateAuthority.open(program.dir),
    credentials: (clientId) => (clientId === deployer.clientId ? { federated } : {}),
    now,
  });
  environment = {
    ARM_USE_OIDC: "true",
    AZURE_AUTHORITY_HOST: entra.url,
    ARM_DISABLE_INSTANCE_DISCOVERY: "true",
    NODE_EXTRA_CA_CERTS: join(program.dir, "ca.pem"),
  };
});
after(async () => {
  await job?.close();
  await entra?.close();
  await program?.stop();
});

/** Runs `up`, in which the server takes {@link SERVER_TAKES}. */
async function up(way: NodeJS.ProcessEnv) {
  let first = true;
  entra.onToken = () => {
    if (first) passed += SERVER_TAKES;
    first = false;
  };
  const output = await program.pulumi(UP, { ...environment, ...way });
  assert.equal(first, false, `no token was requested: ${output.text}`);
  const secrets = [...program.tokens, ...job.assertions];
  assert.deepEqual(findSecrets(output.text, secrets), [], "the console holds a secret");
  assert.deepEqual(findSecrets(readFileSync(program.stateFile, "utf8"), secrets), [], "the state holds a secret");
  return output;
}

test("an OIDC token from the job's start has expired when the database exists", async () => {
  const { exitCode, text } = await up({ ARM_OIDC_TOKEN: await job.assertion(ENTRA_AUDIENCE) });
  assert.notEqual(exitCode, 0);
  assert.match(text, /EP-AZ-\d\d/);
  assert.match(text, /found: .*AADSTS700024/);
  assert.match(text, /code: +EP-AZ-02\b/);
  assert.equal(program.sandbox.azure.servers().size, 1, "the server was made");
});

test("a job that requests a new OIDC token for each login succeeds", async () => {
  const from = job.assertions.length;
  const { exitCode, text } = await up(job.githubVariables);
  assert.equal(exitCode, 0, text);
  const { receipts } = await program.outputs();
  assert.equal(receipts.app?.sessionUser, "sandbox-vm");
  const old = { ...environment, ARM_OIDC_TOKEN: job.assertions[from] };
  const later = await program.pulumi(["preview", "--non-interactive"], old);
  assert.notEqual(later.exitCode, 0);
  assert.match(later.text, /AADSTS700024/);
});
