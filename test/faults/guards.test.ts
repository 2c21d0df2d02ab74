import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readCatalogue } from "./catalogue.ts";
import { readGuards } from "./guards.ts";

test("each guard's text is once in its file, and its rows are in the catalogue", async () => {
  const ids = new Set((await readCatalogue()).rows.map(({ id }) => id));
  for (const { guard, file, from, rows } of readGuards()) {
    const parts = readFileSync(join(import.meta.dirname, "../..", file), "utf8").split(from);
    assert.equal(parts.length, 2, `${guard}: ${file} does not hold its text once`);
    assert.deepEqual(
      rows.filter((id) => !ids.has(id)),
      [],
      guard,
    );
  }
});
