import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parse } from "yaml";
import { documents } from "../../program/config/document.ts";
import { SCHEMA } from "../../program/config/schema.ts";

test("Pulumi.yaml, the page on deploying and the configuration page repeat the schema", () => {
  for (const { file, found, expected } of documents()) {
    assert.ok(found === expected, `${file} is out of date: run node program/config/document.ts`);
  }
});

test("the template of `pulumi new` asks for keys of the schema, with its defaults", () => {
  const project = parse(readFileSync(new URL("../../Pulumi.yaml", import.meta.url), "utf8"));
  assert.deepEqual(Object.keys(project.config), Object.keys(SCHEMA));
  const asked: [string, { default?: unknown }][] = Object.entries(project.template.config);
  for (const [key, { default: proposed }] of asked) {
    assert.ok(key in SCHEMA, key);
    if (proposed !== undefined) assert.equal(proposed, project.config[key].default, key);
  }
});
