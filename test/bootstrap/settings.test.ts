import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { SCHEMA } from "../../bootstrap/schema.ts";
import { settingsFrom } from "../../bootstrap/settings.ts";
import { CONFIG, OPERATOR, SUBSCRIPTION } from "./recordedProgram.ts";

const CONTEXT = { project: "orders", stack: "prod", githubOwner: "contoso" };

/** The lines of the error that lists the problems; none where the configuration is good. */
function problems(config: Record<string, string>, context: Partial<typeof CONTEXT> = {}): string[] {
  try {
    settingsFrom(config, { ...CONTEXT, ...context });
    return [];
  } catch (error) {
    const [, found = ""] =
      /^ {2}found: {4}([\s\S]*)\n {2}next: [\s\S]*EP-BOOT-01$/m.exec((error as Error).message) ?? [];
    return found.split("\n").map((line) => line.trim());
  }
}

/** The first problem of a configuration that has one wrong value. */
const problem = (config: Record<string, string>) => problems({ ...CONFIG, ...config })[0] ?? "";

describe("the bootstrap's configuration", () => {
  test("needs no name: project and stack make the defaults", () => {
    const settings = settingsFrom(CONFIG, CONTEXT);
    assert.equal(settings.resourceGroupName, "rg-orders-prod");
    assert.equal(settings.adminGroupName, "orders-prod-db-admins");
    assert.equal(settings.deliveredStack, "organization/orders/prod");
    assert.equal(settings.stateSku, "Standard_ZRS");
    assert.equal(settingsFrom({ ...CONFIG, pulumiOrganization: "fab" }, CONTEXT).deliveredStack, "fab/orders/prod");
  });

  test("every problem is listed at once, with key, value and what is expected", () => {
    const found = problems({
      githubRepository: "https://github.com/contoso/orders",
      location: "West Europe",
      stateSku: "Premium_LRS",
      operatorObjectId: "ada",
      githubReviewers: '{"deploy":["a b"]}',
      azureDevOpsConnections: '[{"identity":"root","issuer":"http://x","subject":"x"}]',
      resurceGroupName: "x",
    });
    for (const expected of [
      /^location is "West Europe": expected an Azure region, such as westeurope$/,
      /^stateSku is "Premium_LRS": expected Standard_LRS or /,
      /^operatorObjectId is "ada": expected an Entra object id/,
      /^githubRepository is "https:.*": expected a repository as owner\/name, such as contoso\/orders$/,
      /^githubReviewers\.deploy\.0 is "a b": expected a GitHub user or team/,
      /^githubReviewers\.destroy is not set: expected a list/,
      /^azureDevOpsConnections\.0\.identity is "root": expected deploy or preview or drift$/,
      /^azureDevOpsConnections\.0\.issuer is "http:\/\/x": expected an https URL/,
      /^azureDevOpsConnections\.0\.subject is "x": expected the subject/,
      /^resurceGroupName is an unknown key; valid keys: location, /,
      /^githubSubjectPrefix is not set: .*gh api/,
      /^github:owner is "contoso": expected the owner/,
    ]) {
      assert.ok(
        found.some((line) => expected.test(line)),
        `${expected}\n${found.join("\n")}`,
      );
    }
    assert.equal(found.length, 12);
  });

  test("what is missing is listed at once", () => {
    assert.equal(problems({}).length, 2);
    assert.match(
      problems({}).join("\n"),
      /githubRepository and azureDevOpsConnections are not set[\s\S]*operatorObjectId is/,
    );
    const github = problems(
      { githubRepository: "contoso/orders", pulumiOrganization: "contoso" },
      { githubOwner: "me" },
    );
    assert.deepEqual(
      github.map((line) => line.trim().split(" ")[0]),
      ["githubSubjectPrefix", "githubReviewers", "github:owner"],
    );
    const { githubRepository: _repository, ...rest } = CONFIG;
    assert.match(problems(rest).join("\n"), /githubReviewers is set without githubRepository/);
  });

  test("the subject of another repository's tokens is refused", () => {
    assert.equal(problem({ githubSubjectPrefix: "repo:Contoso/orders" }), "");
    assert.match(problem({ githubSubjectPrefix: "repo:mallory/orders" }), /belongs to another repository/);
    for (const prefix of ["repo:contoso/orders:pull_request", "repo:contoso/*"]) {
      assert.match(problem({ githubSubjectPrefix: prefix }), /^githubSubjectPrefix is /);
    }
  });

  test("a group name that is too long for a database role is refused, the default too", () => {
    assert.match(problems(CONFIG, { project: "x".repeat(60) }).join("\n"), /adminGroupName is "x{60}-prod-db-admins"/);
  });

  for (const hostile of ["$(id)", "`id`", "a;b", "a b", "a'b", 'a"b', "a\nb", "../x", "-x", "", "é", "x".repeat(200)]) {
    test(`no value may be ${JSON.stringify(hostile.slice(0, 20))}`, () => {
      for (const key of Object.keys(SCHEMA.shape)) {
        assert.ok(
          problems({ ...CONFIG, [key]: hostile }).some((line) => line.startsWith(`${key} is `)),
          key,
        );
      }
    });
  }

  test("a good value of each key is accepted", () => {
    const issuer = "https://login.microsoftonline.com/t/v2.0";
    assert.deepEqual(
      problems({
        ...CONFIG,
        location: "northeurope",
        resourceGroupName: "rg_1",
        adminGroupName: "admins",
        stateSku: "Standard_GRS",
        pulumiOrganization: "contoso",
        operatorObjectId: OPERATOR,
        operatorType: "Group",
        runnerNetworkId: `/subscriptions/${SUBSCRIPTION}/resourceGroups/r/providers/Microsoft.Network/virtualNetworks/vn`,
        azureDevOpsConnections: JSON.stringify([{ identity: "drift", issuer, subject: "sc://org/project/name" }]),
      }),
      [],
    );
  });

  test("docs/bootstrap.md lists every key", () => {
    const page = readFileSync(new URL("../../docs/bootstrap.md", import.meta.url), "utf8");
    const listed = [...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, key]) => key);
    assert.deepEqual(listed, Object.keys(SCHEMA.shape));
  });
});
