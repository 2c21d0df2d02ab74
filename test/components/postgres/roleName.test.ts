import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { roleNameProblem, show } from "../../../components/postgres/roleName.ts";

test("names of identities are accepted as they are", () => {
  for (const name of [
    "orders",
    "My App-1",
    "user@example.com",
    "guest_contoso.com#EXT#@example.com",
    "é".repeat(31),
    "a".repeat(63),
  ]) {
    assert.equal(roleNameProblem(name), undefined, name);
  }
});

test("names with a special meaning or a lookalike are refused", () => {
  for (const name of [
    "x'); DROP TABLE t;--",
    'a" SUPERUSER',
    "a\\b",
    "a\0b",
    "a\nb",
    "a\u001bb",
    "a\u202eb",
    "a\u200bb",
  ]) {
    assert.match(roleNameProblem(name) ?? "", /U\+[0-9A-F]{4}/, show(name));
  }
});

test("length is counted in bytes", () => {
  assert.match(roleNameProblem("a".repeat(64)) ?? "", /64 bytes, the limit is 63/);
  assert.match(roleNameProblem("é".repeat(32)) ?? "", /64 bytes/);
});

test("reserved, blank and unnormalised names are refused", () => {
  for (const name of [
    "",
    " ",
    "a ",
    " a",
    "public",
    "PUBLIC",
    "none",
    "pg_x",
    "PG_X",
    "postgres",
    "azure_pg_admin",
    "azuresu",
  ]) {
    assert.ok(roleNameProblem(name), show(name));
  }
  assert.match(roleNameProblem("cafe\u0301") ?? "", /NFC.*U\+0301/);
  assert.match(roleNameProblem("\u0430pp") ?? "", /mixes alphabets.*U\+0430/);
});

test("an accepted name never holds a quote, a control character or more than 63 bytes, and refusals print plain ASCII", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 80 }), (name) => {
      const problem = roleNameProblem(name);
      if (problem === undefined) {
        assert.doesNotMatch(name, /['"\\;\p{Cc}\p{Cf}]/u);
        assert.ok(Buffer.byteLength(name) <= 63);
      } else {
        assert.match(problem, /^[\x20-\x7e]*$/);
      }
    }),
    { numRuns: 2000 },
  );
});
