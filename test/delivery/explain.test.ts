import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { explain, explanationLines, explanationMarkdown, KNOWN_ERRORS } from "../../delivery/explain.ts";

/** By kind: an output as it is printed, and what the explanation must say. */
const OUTPUTS: Record<string, { output: string; problem: RegExp; next: RegExp }> = {
  "expired assertion": {
    output: `error: ClientAssertionCredential authentication failed.
POST https://login.microsoftonline.com/1028f0bd-168c-4d6a-9811-5e208f35cfe0/oauth2/v2.0/token
RESPONSE 401: 401 Unauthorized
  "error_description": "AADSTS700024: Client assertion is not within its valid time range. Current time: 2024-04-05T23:01:54.2089203Z, assertion valid from 2024-04-05T22:40:41.0000000Z, expiry time of assertion 2024-04-05T22:50:41.0000000Z."`,
    problem: /assertion was over/,
    next: /delivery\/federatedToken/,
  },
  "no federated credential": {
    output:
      "AADSTS700213: No matching federated identity record found for presented assertion subject 'repo:contoso/orders:environment:deploy'. Please check your federated identity credential Subject, Audience and Issuer against the presented assertion.",
    problem: /for the subject repo:contoso\/orders:environment:deploy/,
    next: /federated-credential list.*docs\/bootstrap\.md/,
  },
  "issuer not trusted": {
    output: `"error":"invalid_client","error_description":"AADSTS700211: No matching federated identity record found for presented assertion issuer 'https://token.actions.githubusercontent.com/contoso'. Please check your federated identity credential Subject, Audience and Issuer against the presented assertion. https://docs.microsoft.com/en-us/azure/active-directory/develop/workload-identity-federation"`,
    problem: /no tokens of https:\/\/token\.actions\.githubusercontent\.com\/contoso:/,
    next: /issuers in `az identity federated-credential list`.*an enterprise may have one of its own.*docs\/bootstrap\.md/,
  },
  "client secret refused": {
    output:
      "Error: AADSTS7000215: Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '6731de76-14a6-49ae-97bc-6eba6914391e'.",
    problem: /wins over the job's assertion/,
    next: /take ARM_CLIENT_SECRET and AZURE_CLIENT_SECRET from the job/,
  },
  "no such container": {
    output: `error: could not list bucket: blob (code=NotFound): GET https://stdev.blob.core.windows.net/stat
--------------------------------------------------------------------------------
RESPONSE 404: 404 The specified container does not exist.
ERROR CODE: ContainerNotFound`,
    problem: /no such container/,
    next: /az storage container list --auth-mode login/,
  },
  "no login for state and key": {
    output: `error: read ".pulumi/meta.yaml": blob (key ".pulumi/meta.yaml") (code=Unknown): DefaultAzureCredential: failed to acquire a token.
Attempted credentials:
	EnvironmentCredential: missing environment variable AZURE_TENANT_ID
	WorkloadIdentityCredential: no client ID specified. Check pod configuration or set ClientID in the options`,
    problem: /has no login.*AZURE_\*, and not ARM_\*/,
    next: /delivery\/federatedToken.*AZURE_FEDERATED_TOKEN_FILE/,
  },
  "no such host": {
    output: `error: could not create secrets manager for new stack: secrets (code=Unknown): Post "https://kv-nowhere-7ec2fd.vault.azure.net/keys/pulumi/encrypt?api-version=2025-07-01": dial tcp: lookup kv-nowhere-7ec2fd.vault.azure.net on 127.0.0.53:53: no such host`,
    problem: /no key vault kv-nowhere-7ec2fd, or/,
    next: /secretsprovider.*az keyvault recover --name kv-nowhere-7ec2fd/,
  },
  "plugin not downloaded": {
    output:
      "error: could not load plugin for synced-folder provider 'urn:pulumi:staging::auth0-test::pulumi:providers:synced-folder::default_0_0_9': Could not automatically download and install resource plugin 'pulumi-resource-synced-folder' at version v0.0.9, install the plugin using `pulumi plugin install resource synced-folder v0.0.9`.\n  Underlying error: error downloading plugin synced-folder to file: failed to download plugin: synced-folder-0.0.9: 403 HTTP error fetching plugin from https://get.pulumi.com/releases/plugins/pulumi-resource-synced-folder-v0.0.9-linux-amd64.tar.gz",
    problem: /https:\/\/get\.pulumi\.com\/releases\/plugins\/pulumi-resource-synced-folder.* answered 403\./,
    next: /GITHUB_TOKEN.*has to reach that address/,
  },
  "unknown client": {
    output:
      "AADSTS700016: Application with identifier '6731de76-14a6-49ae-97bc-6eba6914391e' was not found in the directory 'Contoso'.",
    problem: /client id/,
    next: /ARM_CLIENT_ID/,
  },
  "no assertion": {
    output:
      "error: pulumi:providers:azure-native: A OIDC token or request URL and token must be configured when authenticating with OIDC.",
    problem: /no way to ask/,
    next: /id-token: write/,
  },
  "no such subscription": {
    output:
      "Code: SubscriptionNotFound\nMessage: The subscription 'c23fa617-d0cf-4c92-a529-5e444a4cc1fa' could not be found.",
    problem: /no such subscription, or the identity has no role/,
    next: /ARM_SUBSCRIPTION_ID/,
  },
  "missing role": {
    output: `error: cannot check existence of resource '/subscriptions/1/resourcegroups/rg': status code 403, {"error":{"code":"AuthorizationFailed","message":"The client '021f6f34-4f1a-4f8f-b2ce-e55301892388' with object id '021f6f34-4f1a-4f8f-b2ce-e55301892388' does not have authorization to perform action 'Microsoft.Resources/subscriptions/resourcegroups/read' over scope '/subscriptions/1/resourcegroups/rg' or the scope is invalid."}}`,
    problem:
      /021f6f34-4f1a-4f8f-b2ce-e55301892388 has no role that allows Microsoft\.Resources\/subscriptions\/resourcegroups\/read on \/subscriptions\/1\/resourcegroups\/rg\./,
    next: /az role assignment list --assignee 021f6f34/,
  },
  "state refused": {
    output: `error: problem logging in: read ".pulumi/meta.yaml": blob (key ".pulumi/meta.yaml") (code=Unknown): GET https://mystorage.blob.core.windows.net/pulumi/.pulumi/meta.yaml
RESPONSE 403: 403 This request is not authorized to perform this operation using this permission.
ERROR CODE: AuthorizationPermissionMismatch`,
    problem: /state's container/,
    next: /Storage Blob Data Contributor.*Storage Blob Data Reader/,
  },
  "state behind a firewall": {
    output:
      "RESPONSE 403: 403 This request is not authorized to perform this operation.\nERROR CODE: AuthorizationFailure",
    problem: /storage account refuses this runner's network/,
    next: /network-rule list/,
  },
  "key refused": {
    output:
      "error: getting stack configuration: get stack secrets manager: secrets (code=PermissionDenied): POST https://v.vault.azure.net/keys/pulumi/decrypt\nRESPONSE 403: 403 Forbidden\nERROR CODE: Forbidden",
    problem: /key that encrypts the stack's secrets/,
    next: /Key Vault Crypto User/,
  },
  "server not reachable": {
    output: `error: role "app" on db.postgres.database.azure.com:5432/postgres: reaching the database server failed.
  expected: an answer on port 5432 within 300 s (deadlineSeconds)
  found:    no answer, while opening the connection
  next:     add this machine's address to allowedAddresses, or reach the private endpoint: silence is how a firewall refuses`,
    problem: /does not reach the database server/,
    next: /DELIVERY_RUNNER/,
  },
  "no backend": {
    output: "error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions",
    problem: /no place for the state/,
    next: /PULUMI_BACKEND_URL/,
  },
  locked: {
    output:
      "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with `pulumi cancel`.\n  azblob://state/.pulumi/locks/organization/entra-postgres/dev/x.json?storage_account=a: created by runner@fv-az1 (pid 2113) at 2026-01-01T00:00:00Z",
    problem: /lock of dev by runner@fv-az1 \(process 2113\) since 2026-01-01T00:00:00Z/,
    next: /only when you have seen that it ended: `pulumi cancel --stack dev`/,
  },
  "locked in Pulumi Cloud": {
    output: "error: [409] Conflict: Another update is currently in progress.\nTo learn more about possible reasons",
    problem: /updating dev/,
    next: /only when you have seen that it ended: `pulumi cancel --stack dev`/,
  },
  "interrupted before": {
    output: "warning: Attempting to deploy or update resources with 2 pending operations from previous deployment.",
    problem: /middle of 2 operation/,
    next: /pulumi refresh --stack dev/,
  },
  "no such stack": {
    output: "error: no stack named 'organization/entra-postgres/nope' found",
    problem: /no stack organization\/entra-postgres\/nope/,
    next: /pulumi stack init organization\/entra-postgres\/nope --secrets-provider azurekeyvault/,
  },
  passphrase: {
    output:
      "error: getting stack configuration: get stack secrets manager: passphrase must be set with PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE environment variables",
    problem: /encrypted by a passphrase/,
    next: /change-secrets-provider --stack dev azurekeyvault/,
  },
  "policy violated": {
    output: `Policies:
    ❌ entra-postgres-policies@v0.1.0 (local: policies)
        - [mandatory]  entra-only-authentication  (azure-native:dbforpostgresql:Server: server)
          The server must take Entra tokens only.
        - [advisory]  required-tags  (azure-native:resources:ResourceGroup: rg)
        - [mandatory]  no-wide-range  (azure-native:dbforpostgresql:FirewallRule: all)
        - [mandatory]  no-wide-range  (azure-native:dbforpostgresql:FirewallRule: more)`,
    problem: /2 mandatory policies are broken: entra-only-authentication, no-wide-range\./,
    next: /docs\/policies\.md/,
  },
  "policy pack crashed": {
    output:
      "error: failed to run policy: Error validating resource with policy 'no-wide-range' from policy pack 'entra-postgres-policies@v0.1.0':\n    TypeError: boom",
    problem: /policy pack itself failed, in no-wide-range/,
    next: /make test/,
  },
  protected: {
    output: `    error: Preview failed: resource "urn:pulumi:dev::entra-postgres::entra-postgres:index:EntraPostgresServer$azure-native:dbforpostgresql:Server::server" cannot be deleted
    because it is protected. To unprotect the resource, either remove the \`protect\` flag`,
    problem: /not deleted: server\./,
    next: /deletionProtection Disabled --stack dev/,
  },
  "unexpected changes": {
    output: "error: no changes were expected for preview but changes were proposed",
    problem: /still sees changes/,
    next: /pulumi preview --diff/,
  },
};

const stack = "dev";

describe("explain", () => {
  test("each known error has an output here, a name of its own and a source", () => {
    assert.deepEqual(KNOWN_ERRORS.map(({ kind }) => kind).sort(), Object.keys(OUTPUTS).sort());
    for (const { source } of KNOWN_ERRORS) assert.ok(source.length > 3);
  });

  for (const [kind, { output, problem, next }] of Object.entries(OUTPUTS)) {
    test(`${kind}: what it is and the next step, and nothing else`, () => {
      const found = explain(output, { stack, platform: "github" });
      assert.equal(found.length, 1, JSON.stringify(found));
      assert.match(found[0]?.problem ?? "", problem);
      assert.match(found[0]?.next ?? "", next);
    });
  }

  test("other forms of the same", () => {
    const kinds = (output: string) =>
      KNOWN_ERRORS.filter(({ pattern }) => pattern.test(output)).map(({ kind }) => kind);
    for (const [output, kind] of [
      ["ClientAssertionCredential: AADSTS700213", "no federated credential"],
      ["AADSTS70021: No matching federated identity record found for presented assertion.", "no federated credential"],
      [
        "AADSTS7002138: No matching federated identity record found for presented assertion subject 'x'",
        "no federated credential",
      ],
      [
        "AADSTS700211: No matching federated identity record found for presented assertion issuer 'x'",
        "issuer not trusted",
      ],
      [
        "(code=Unknown): ===== RESPONSE ERROR (ErrorCode=InvalidAuthenticationInfo) =====\nDescription=Authentication information",
        "no login for state and key",
      ],
      [
        "RESPONSE 403: 403 Server failed to authenticate the request.\nERROR CODE: AuthenticationFailed",
        "no login for state and key",
      ],
      [
        "DefaultAzureCredential: failed to acquire a token.\n\tWorkloadIdentityCredential authentication failed.\n\tAADSTS700024: Client assertion",
        "expired assertion",
      ],
      ["dial tcp: lookup stdev.blob.core.windows.net on 127.0.0.53:53: no such host", "no such host"],
      [
        'error: policy pack "/p/policies" failed to start: could not read plugin [policies]: exit status 32',
        "policy pack crashed",
      ],
      [
        'error: failed to load Pulumi policy project located at "policies": open policies/PulumiPolicy.yaml',
        "policy pack crashed",
      ],
      ["error: getting stack configuration: get stack secrets manager: incorrect passphrase", "passphrase"],
      ['pq: no pg_hba.conf entry for host "20.1.2.3", user "a", database "app", no encryption', "server not reachable"],
      ["dial tcp 10.0.1.4:5432: i/o timeout", "server not reachable"],
      ["dial tcp: lookup db.postgres.database.azure.com on 127.0.0.53:53: no such host", "server not reachable"],
      ["error: no changes were expected for refresh but changes were proposed", "unexpected changes"],
      ['"code":"ForbiddenByRbac","message":"Caller is not authorized to perform action on resource."', "key refused"],
    ] as const) {
      assert.deepEqual(kinds(output), [kind], output);
    }
  });

  test("several at once are all told, each once", () => {
    const output = [OUTPUTS.protected?.output, OUTPUTS["policy violated"]?.output, OUTPUTS.protected?.output].join(
      "\n",
    );
    assert.deepEqual(
      explain(output, { stack }).map(({ problem }) => problem.split(" ")[0]),
      ["2", "Protected,"],
    );
  });

  test("colours do not hide a known error", () => {
    assert.equal(explain("\u001b[31merror: \u001b[0mno stack named 'dev' \u001b[1mfound").length, 1);
  });

  test("what is not known is not guessed", () => {
    assert.deepEqual(explain("error: something else\nAuthorizationFailedX"), []);
    assert.deepEqual(explain(""), []);
  });

  test("nothing of a token comes into an explanation", () => {
    const token = `eyJ${"a".repeat(40)}.${"b".repeat(40)}.${"c".repeat(40)}`;
    for (const { output } of Object.values(OUTPUTS)) {
      assert.doesNotMatch(JSON.stringify(explain(`${token} ${output} ${token}`, { stack })), /eyJ|aaaa|bbbb/);
    }
  });
});

describe("how it is shown", () => {
  const explanation = { problem: "100% of a: b, c", next: "one\ntwo" };

  test("on GitHub as an error of the run, on one line, that nothing in it can end", () => {
    assert.deepEqual(explanationLines([explanation], "github"), [
      "::error title=100%25 of a%3A b%2C c::Next: one%0Atwo",
    ]);
  });

  test("on Azure DevOps as an issue of the run, on a terminal on two lines", () => {
    assert.deepEqual(explanationLines([explanation], "azure-devops"), [
      "##vso[task.logissue type=error]100% of a: b, c Next: one two",
    ]);
    assert.deepEqual(explanationLines([explanation]), ["100% of a: b, c", "  next: one\ntwo"]);
  });

  test("in Markdown, where an output's words notify nobody", () => {
    const [found] = explain("- [mandatory]  @team.x  (a: b)\n- [mandatory]  x<img>  (a: b)", { stack });
    assert.match(
      explanationMarkdown([found ?? explanation]),
      /^> \*\*A mandatory policy is broken: x\.\*\*\n>\n> Next: /,
    );
    assert.doesNotMatch(explanationMarkdown([{ problem: "@team <img>", next: "x" }]), /@team|<img>/);
    assert.equal(explanationMarkdown([]), "");
  });
});
