import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ENTRA_AUDIENCE } from "../../components/azure/assertionEndpoint.ts";
import { CertificateAuthority } from "../../sandbox/postgres/certificates.ts";
import { Program } from "../../tools/harness/program.ts";
import { TokenEndpoint } from "../harness/entra/tokenEndpoint.ts";
import { WorkloadIdentity } from "../harness/entra/workloadIdentity.ts";
import { findSecrets } from "../harness/leakScan.ts";

// The program as a CI job runs it: nothing but an assertion of who the job is. A server takes as long to make as an assertion
// lives, which Entra's clock here says: it goes on by 11 minutes after the first token of an `up`.

/** Milliseconds. */
const SERVER_TAKES = 11 * 60_000;
const UP = ["up", "--yes", "--skip-preview", "--non-interactive"];
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
    // Nobody gives the deployer a token for being where it is.
    AZURE_POD_IDENTITY_AUTHORITY_HOST: "http://127.0.0.1:1",
  };
});
after(async () => {
  await job?.close();
  await entra?.close();
  await program?.stop();
});

/** `up`, during which the server takes its time. */
async function up(way: NodeJS.ProcessEnv) {
  let first = true;
  entra.onToken = () => {
    if (first) passed += SERVER_TAKES;
    first = false;
  };
  const output = await program.pulumi(UP, { ...environment, ...way });
  assert.equal(first, false, `nobody asked for a token: ${output.text}`);
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
  const later = await program.pulumi(["preview", "--non-interactive"], {
    ...environment,
    ARM_OIDC_TOKEN: job.assertions[from],
  });
  assert.notEqual(later.exitCode, 0);
  assert.match(later.text, /AADSTS700024/);
});
