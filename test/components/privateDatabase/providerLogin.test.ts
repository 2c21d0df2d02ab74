import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { TokenCredential } from "@azure/identity";
import { requireProviderLogin } from "../../../components/privateDatabase/providerLogin.ts";
import type { Principal } from "../../../sandbox/entra/directory.ts";
import { findSecrets } from "../../harness/leakScan.ts";
import { TestServer } from "../../harness/testServer.ts";

// The provider's login is a stub: it gives no token, another identity's, or the deployer's.
let context: TestServer;
let own: TokenCredential;
before(async () => {
  context = await TestServer.open();
  own = loginOf(context.admin);
});
after(() => context?.close());

const NONE: TokenCredential = {
  getToken: async () => {
    throw new Error("EnvironmentCredential is unavailable");
  },
};

function loginOf(principal: Principal): TokenCredential {
  return { getToken: async () => ({ token: await context.token(principal), expiresOnTimestamp: Date.now() + 60_000 }) };
}

async function refusal(env: NodeJS.ProcessEnv, provider: TokenCredential): Promise<string> {
  const problem = await requireProviderLogin({ ARM_CLIENT_ID: context.admin.clientId, ...env }, provider).then(
    () => undefined,
    (error: Error) => error.message,
  );
  assert.deepEqual(findSecrets(problem ?? "", context.tokens), []);
  return problem ?? "";
}

test("a login by ARM_* that @pulumi/postgresql cannot find is refused, with the command that gives it to it", async () => {
  for (const [env, remedy] of [
    [{ ARM_CLIENT_SECRET: "s" }, /next: .*AZURE_CLIENT_SECRET="\$ARM_CLIENT_SECRET"/],
    [{ ARM_CLIENT_CERTIFICATE_PATH: "c.pem" }, /next: .*AZURE_CLIENT_CERTIFICATE_PATH=/],
    [{ ARM_USE_OIDC: "true" }, /next: .*federatedToken/],
    [{ ARM_USE_MSI: "true" }, /next: .*AZURE_CLIENT_ID=/],
  ] as const) {
    const message = await refusal(env, NONE);
    assert.match(message, /no login: EnvironmentCredential is unavailable[\s\S]*EP-LOGIN-04$/);
    assert.match(message, remedy);
  }
});

test("another login than the deployer's is refused", async () => {
  const other = context.directory.add({ displayName: "other", type: "service" });
  const message = await refusal({ ARM_USE_OIDC: "true" }, loginOf(other));
  assert.match(
    message,
    new RegExp(`expected: .*${context.admin.clientId}[\\s\\S]*found: .*${other.clientId}[\\s\\S]*EP-LOGIN-04$`),
  );
});

test("the same login passes, and so does one that both find by themselves", async () => {
  assert.equal(await refusal({ ARM_USE_OIDC: "true" }, own), "");
  for (const env of [
    {},
    { ARM_USE_DEFAULT_AZURE_CREDENTIAL: "true", ARM_CLIENT_SECRET: "s" },
    { ARM_USE_OIDC: "false" },
  ]) {
    assert.equal(await refusal(env, NONE), "");
  }
});

test("a refusal with a reason of its own keeps its code", async () => {
  const failing = (message: string): TokenCredential => ({
    getToken: async () => {
      throw new Error(message);
    },
  });
  const env = { ARM_USE_OIDC: "true" };
  assert.match(await refusal(env, failing("ManagedIdentityCredential: too many requests (HTTP 429)")), /EP-AZ-05$/);
  assert.match(
    await refusal(env, failing("AADSTS700024: Client assertion is not within its valid time range.")),
    /EP-AZ-02$/,
  );
});
