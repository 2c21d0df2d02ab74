import assert from "node:assert/strict";
import { test } from "node:test";
import { requiredTags as rule } from "../../policies/rules/requiredTags.ts";
import { judge, messages, UNKNOWN, UNKNOWN_OBJECT, UNTOUCHABLE } from "./judged.ts";

const tagged = (tags: unknown, config = {}, type = "azure-native:dbforpostgresql:Server") =>
  judge(rule, { type, name: "db", props: { tags } }, config);
const tags = { project: "shop", stack: "dev", environment: "dev" };

test("the tags are there, upper and lower case being the same", () => {
  assert.deepEqual(tagged(tags), { violations: [] });
  assert.deepEqual(tagged({ Project: "shop", STACK: "dev", environment: "dev", more: "" }), { violations: [] });
});

test("those that are missing or empty are named", () => {
  assert.deepEqual(messages(tagged({ ...tags, stack: "" })), ['"db" lacks the tags: stack.']);
  assert.deepEqual(messages(tagged(undefined)), ['"db" lacks the tags: project, stack, environment.']);
});

test("each kind of resource that takes tags is looked at, and no other", () => {
  for (const type of [
    "azure-native:resources:ResourceGroup",
    "azure-native:compute:VirtualMachine",
    "azure-native:managedidentity:UserAssignedIdentity",
    "azure-native:network:NetworkSecurityGroup",
    "azure-native:network:VirtualNetwork",
    "azure-native:network:PublicIPAddress",
    "azure-native:network:NetworkInterface",
    "azure-native:network:PrivateEndpoint",
    "azure-native:privatedns:PrivateZone",
    "azure-native:operationalinsights:Workspace",
  ]) {
    assert.equal(tagged({}, {}, type).violations.length, 1, type);
  }
  for (const type of ["azure-native:network:Subnet", "azure-native:dbforpostgresql:Database", "my:index:Thing"]) {
    assert.match(judge(rule, { type, props: UNTOUCHABLE }).notApplicable ?? "", /resource group/, type);
  }
});

test("the names are configurable", () => {
  assert.deepEqual(messages(tagged(tags, { names: ["owner", "stack"] })), ['"db" lacks the tags: owner.']);
  assert.deepEqual(tagged({}, { names: [] }), { violations: [] });
  assert.deepEqual(tagged({ owner: "shop" }, { names: ["Owner"] }), { violations: [] });
});

test("unknown tags wait for up, unknown values of others do not", () => {
  assert.match(tagged(UNKNOWN_OBJECT).waits ?? "", /tags of "db"/);
  assert.match(tagged({ ...tags, stack: UNKNOWN }).waits ?? "", /tags\.stack of "db"/);
  assert.deepEqual(tagged({ ...tags, cost: UNKNOWN }), { violations: [] });
});
