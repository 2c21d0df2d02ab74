import assert from "node:assert/strict";
import { test } from "node:test";
import { noPublicAccess as rule } from "../../policies/rules/noPublicAccess.ts";
import { judge, messages, UNKNOWN, UNKNOWN_OBJECT, UNTOUCHABLE } from "./judged.ts";

const type = "azure-native:dbforpostgresql:Server";
const server = (network: unknown, config = {}, tags?: unknown) =>
  judge(rule, { type, name: "db", props: { network, tags } }, config);
const open = { publicNetworkAccess: "Enabled" };

test("outside dev a public endpoint is refused, Azure's default too", () => {
  for (const environment of ["test", "prod"]) {
    for (const network of [open, {}, undefined]) {
      assert.match(messages(server(network, { environment })).join(), /^"db" has a public endpoint/);
    }
    assert.deepEqual(server({ publicNetworkAccess: "Disabled" }, { environment }), { violations: [] });
  }
  assert.equal(server(open).violations.length, 1);
  assert.equal(server(open, {}, { environment: "dev" }).violations.length, 1, "a tag decides nothing");
  assert.deepEqual(server(open, { environment: "dev" }), { violations: [] });
});

test("a server inside a network passes", () => {
  assert.deepEqual(server({ delegatedSubnetResourceId: "/subnet" }), { violations: [] });
});

test("the configuration says where it is refused", () => {
  assert.equal(server(open, { environment: "dev", environments: ["dev"] }).violations.length, 1);
});

test("a word that is no environment is the strictest", () => {
  assert.equal(server(open, { environment: "staging" }).violations.length, 1);
});

test("what is unknown waits for up, unless something known decides", () => {
  assert.match(server({ publicNetworkAccess: UNKNOWN }).waits ?? "", /network\.publicNetworkAccess of "db"/);
  assert.match(server(UNKNOWN_OBJECT).waits ?? "", /network of "db"/);
  assert.deepEqual(server({ publicNetworkAccess: UNKNOWN }, { environment: "dev" }), { violations: [] });
});

test("other resources are not looked at", () => {
  assert.match(judge(rule, { type: "azure-native:sql:Server", props: UNTOUCHABLE }).notApplicable ?? "", /server/);
});
