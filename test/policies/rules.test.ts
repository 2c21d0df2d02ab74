import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { rules } from "../../policies/rules.ts";
import { DOCUMENT, document, fileOf } from "../../policies/runner/document.ts";

const RULES = join(import.meta.dirname, "../../policies/rules");

test("every file of a rule is in the pack, under its rule's name", () => {
  assert.deepEqual(rules.map(fileOf).sort(), readdirSync(RULES).sort());
});

test("every rule has a description, a severity, a source and a remedy", () => {
  assert.equal(new Set(rules.map(({ name }) => name)).size, rules.length);
  for (const rule of rules) {
    assert.match(rule.name, /^[a-z][a-z0-9-]{1,99}$/);
    assert.notEqual(rule.name, "all");
    assert.ok(rule.displayName.length > 0 && rule.tags.length > 0, rule.name);
    assert.match(rule.description, /^[A-Z].*\.$/, rule.name);
    assert.match(rule.remediationSteps, /^[A-Z].*\.$/, rule.name);
    assert.ok(["advisory", "mandatory"].includes(rule.enforcementLevel), rule.name);
    assert.ok(["low", "medium", "high", "critical"].includes(rule.severity), rule.name);
    assert.match(rule.url, /^https:\/\/(learn\.microsoft\.com|www\.postgresql\.org|www\.pulumi\.com)\/\S+$/, rule.name);
    if (rule.framework) assert.match(rule.framework.reference, /^[A-Z]{2}-\d$/, rule.name);
    assert.ok("validateStack" in rule || "validateResource" in rule, rule.name);
  }
});

test("each built-in of Azure Policy is named once, by its id", () => {
  const ids = rules.flatMap(({ builtIns }) => Object.keys(builtIns ?? {}));
  for (const id of ids) assert.match(id, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  assert.equal(new Set(ids).size, ids.length);
});

test("every setting has a meaning and a default; the environment's is prod", () => {
  for (const { name, configSchema } of rules) {
    for (const [setting, property] of Object.entries(configSchema?.properties ?? {})) {
      assert.ok(property.description, `${name}.${setting}`);
      assert.ok(property.type, `${name}.${setting}`);
      assert.notEqual(property.default, undefined, `${name}.${setting}`);
      if (setting === "environment") assert.equal(property.default, "prod", name);
    }
  }
});

test("docs/policies.md is up to date", () => {
  const page = readFileSync(DOCUMENT, "utf8");
  assert.equal(page, document(page), "run: node policies/runner/document.ts");
  for (const { name } of rules) assert.equal(page.split(`\`${name}\`](`).length, 2, name);
});
