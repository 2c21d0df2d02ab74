import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { rightsPage } from "../../../components/access/rightsPage.ts";

test("docs/rights.md is what the profiles generate", () => {
  assert.equal(readFileSync(new URL("../../../docs/rights.md", import.meta.url), "utf8"), rightsPage());
});
