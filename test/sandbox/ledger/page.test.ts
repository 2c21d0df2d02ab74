import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { readLedger } from "../../../sandbox/ledger/ledger.ts";
import { fidelityPage, PAGE } from "../../../sandbox/ledger/page.ts";

test("docs/fidelity.md is what the ledger's rows say", () => {
  assert.equal(readFileSync(PAGE, "utf8"), fidelityPage(), "run: node sandbox/ledger/page.ts");
});

test("no row breaks the page's tables", () => {
  for (const { id, says, source } of readLedger().flatMap(({ rows }) => rows)) {
    assert.doesNotMatch(`${says} ${source}`, / \| /, id);
  }
});
