import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { knownProblems, platformOf, problemLines, problemMarkdown } from "../../delivery/problem.ts";

const codes = (output: string) => knownProblems(output).map(({ code }) => code);

describe("known problems of an output", () => {
  for (const [output, code] of [
    ["AADSTS700024: Client assertion is not within its valid time range.", "EP-AZ-02"],
    ["AADSTS700213: No matching federated identity record found for presented assertion subject 'x'", "EP-AZ-03"],
    ["AADSTS7000215: Invalid client secret provided.", "EP-AZ-13"],
    ["AADSTS700016: Application with identifier 'x' was not found in the directory", "EP-AZ-14"],
    ["A OIDC token or request URL and token must be configured when authenticating with OIDC.", "EP-AZ-04"],
    ["Code: SubscriptionNotFound", "EP-AZ-15"],
    ['{"error":{"code":"AuthorizationFailed"}}', "EP-AZ-16"],
    ["ERROR CODE: AuthorizationPermissionMismatch", "EP-DELIVERY-14"],
    ["RESPONSE 403\nERROR CODE: AuthorizationFailure", "EP-DELIVERY-15"],
    ["DefaultAzureCredential: failed to acquire a token.\nAttempted credentials:", "EP-DELIVERY-17"],
    ["DefaultAzureCredential: failed to acquire a token.\nAADSTS700024: Client assertion", "EP-AZ-02"],
    ["dial tcp: lookup kv-dev.vault.azure.net on 127.0.0.53:53: no such host", "EP-DELIVERY-18"],
    ["secrets (code=PermissionDenied): POST https://v.vault.azure.net/keys/pulumi/decrypt", "EP-DELIVERY-19"],
    ["error: [409] Conflict: Another update is currently in progress.", "EP-DELIVERY-05"],
    ["with 2 pending operations from previous deployment.", "EP-DELIVERY-06"],
    ["429 HTTP error fetching plugin from https://get.pulumi.com/x", "EP-DELIVERY-10"],
    ["no changes were expected for refresh but changes were proposed", "EP-DELIVERY-12"],
    ["Policies:\n    - [mandatory]  no-wide-range  (a:b:C: x)", "EP-POLICY-01"],
    ["failed to run policy: Error validating resource with policy 'x'", "EP-POLICY-02"],
    ['pq: no pg_hba.conf entry for host "20.1.2.3"', "EP-PG-03"],
    ["dial tcp 10.0.1.4:5432: i/o timeout", "EP-PG-09"],
  ] as const) {
    test(`${code}: ${output.split("\n").at(-1)?.slice(0, 50)}`, () => assert.deepEqual(codes(output), [code]));
  }

  test("the code at the end of a message wins over the message's text", () => {
    assert.deepEqual(codes("error: failed.\n  found:    no pg_hba.conf entry\n  code:     EP-PG-04\n"), ["EP-PG-04"]);
  });

  test("each of several is named once, in any colour", () => {
    const output =
      "\u001b[31mno stack named '\u001b[0mdev' found; no stack named 'dev' found\nCode: SubscriptionNotFound";
    assert.deepEqual(codes(output), ["EP-AZ-15", "EP-DELIVERY-07"]);
  });

  test("an unknown error is not guessed", () => {
    assert.deepEqual([codes("error: something else\nAuthorizationFailedX\n  code:     EP-NO-99"), codes("")], [[], []]);
  });
});

describe("how a problem is shown", () => {
  const problem = { code: "EP-DELIVERY-01", problem: "100% of a: b, c", next: "one\ntwo" } as const;

  test("on GitHub as an escaped error of the run", () => {
    assert.deepEqual(problemLines([problem], "github"), [
      "::error title=EP-DELIVERY-01 100%25 of a%3A b%2C c::Next: one%0Atwo",
    ]);
  });

  test("on Azure DevOps as an issue of the run, on a terminal on two lines", () => {
    assert.deepEqual(problemLines([problem], "azure-devops"), [
      "##vso[task.logissue type=error]EP-DELIVERY-01 100% of a: b, c Next: one two",
    ]);
    assert.deepEqual(problemLines([problem], "local"), ["EP-DELIVERY-01 100% of a: b, c", "  next: one\ntwo"]);
  });

  test("in Markdown with a link to its entry and escaped text", () => {
    const env = { GITHUB_SERVER_URL: "https://github.com", GITHUB_REPOSITORY: "contoso/orders", GITHUB_SHA: "1a2b" };
    const shown = problemMarkdown([{ ...problem, problem: "@team <img>" }], env);
    assert.match(
      shown,
      /^> \[EP-DELIVERY-01\]\(https:\/\/github\.com\/contoso\/orders\/blob\/1a2b\/docs\/errors\.md#ep-delivery-01\) \*\*/,
    );
    assert.doesNotMatch(shown, /@team|<img>/);
    assert.match(problemMarkdown([problem], {}), /^> EP-DELIVERY-01 \(docs\/errors\.md\) /);
    assert.equal(problemMarkdown([]), "");
  });

  test("variables of the environment name the platform", () => {
    const platforms = [{ GITHUB_ACTIONS: "true" }, { TF_BUILD: "True" }, {}].map((env) => platformOf(env));
    assert.deepEqual(platforms, ["github", "azure-devops", "local"]);
  });
});
