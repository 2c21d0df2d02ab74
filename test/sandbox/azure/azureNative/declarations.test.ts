import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { parse } from "yaml";
import { resourceType } from "../../../../sandbox/azure/azureNative/engine/resourceType.ts";
import { type Declarations, readDeclarations } from "../../../../sandbox/azure/azureNative/sdk/declarations.ts";

const GROUP = {
  token: "azure-native:resources:ResourceGroup",
  path: "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}",
};

test("declarations.json holds what the installed azure-native declares", () => {
  const file = new URL("../../../../sandbox/azure/azureNative/sdk/declarations.json", import.meta.url);
  const written = JSON.parse(readFileSync(file, "utf8")) as Declarations;
  const tokens = [...Object.keys(written.resources), ...Object.keys(written.functions)];
  assert.deepEqual(written, readDeclarations(tokens), "run: node sandbox/azure/azureNative/sdk/generate.ts");
});

test("a type has the SDK's properties and our rules", () => {
  const type = resourceType({ ...GROUP, rules: { managedBy: { maxLength: 9 } } });
  assert.equal(type.apiVersion, "2024-03-01");
  assert.deepEqual(type.properties.managedBy, { kind: "string", maxLength: 9, required: false, replaces: false });
  assert.equal(type.properties.resourceGroupName?.replaces, true, "a path parameter replaces");
  assert.deepEqual(resourceType(GROUP).notEmulated, ["managedBy"]);
});

test("a rule about a property that the SDK does not declare is refused", () => {
  assert.throws(() => resourceType({ ...GROUP, emulates: ["managedBy.id"] }), /no property .*managedBy\.id/);
  assert.throws(
    () => resourceType({ ...GROUP, token: "azure-native:network:Nothing" }),
    /lacks azure-native:network:Nothing/,
  );
});

test("resourceTypes.yaml uses only rules that the check applies", () => {
  const file = new URL("../../../../sandbox/azure/azureNative/resourceTypes.yaml", import.meta.url);
  const types: Record<string, { rules?: Record<string, object> }> = parse(readFileSync(file, "utf8"), { merge: true });
  const used = new Set(Object.values(types).flatMap(({ rules = {} }) => Object.values(rules).flatMap(Object.keys)));
  const bounds = ["minLength", "maxLength", "minimum", "maximum"];
  assert.deepEqual(
    [...used].sort(),
    [...bounds, "default", "only", "pattern", "replaces", "required", "rule", "values"].sort(),
  );
});

test("armErrors.yaml has a row for each error in the code, and no other", () => {
  const folder = new URL("../../../../sandbox/azure/", import.meta.url);
  const rows: Record<string, object> = parse(readFileSync(new URL("azureNative/armErrors.yaml", folder), "utf8"));
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  const code = files.map((name) => readFileSync(new URL(name, folder), "utf8")).join("\n");
  const unused = Object.keys(rows).filter((name) => !new RegExp(`"${name}"|^ +${name}:`, "m").test(code));
  assert.deepEqual(unused, []);
  const missing = [...code.matchAll(/armError\(\s*"(\w+)"/g)]
    .map(([, name = ""]) => name)
    .filter((name) => !(name in rows));
  assert.deepEqual(missing, []);
});
