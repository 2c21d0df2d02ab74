import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { errorPage } from "../../../components/errors/errorPage.ts";
import { ERROR_TABLE, RETIRED_CODES } from "../../../components/errors/errorTable.ts";
import type { ErrorEntry } from "../../../components/errors/table/entry.ts";

const ROOT = join(import.meta.dirname, "../../..");
const CODE = new RegExp(`\\bEP-(?:${areas()})-\\d{2}\\b`, "g");

/** The areas of the table: a test may use another one for a code that does not exist. */
function areas(): string {
  return [...new Set(Object.keys(ERROR_TABLE).map((code) => code.split("-")[1]))].join("|");
}

/** Every code in the text of each of the repository's files, by file. */
function codesByFile(): Map<string, string[]> {
  const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], { cwd: ROOT, encoding: "utf8" });
  const texts = files.split("\n").filter((file) => /\.(ts|mjs|md|yml|java|py|cs|sh)$/.test(file));
  return new Map(texts.map((file) => [file, readOrEmpty(join(ROOT, file)).match(CODE) ?? []]));
}

/** A file that git still lists may be deleted. */
function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

const codes = Object.keys(ERROR_TABLE);
const byFile = codesByFile();

test("docs/errors.md is what the table generates", () => {
  assert.equal(readFileSync(join(ROOT, "docs/errors.md"), "utf8"), errorPage());
});

test("every code that code, tests and documents use exists", () => {
  const unknown = [...byFile].flatMap(([file, used]) =>
    used.filter((code) => !codes.includes(code) && !RETIRED_CODES.includes(code)).map((code) => `${file}: ${code}`),
  );
  assert.deepEqual(unknown, []);
});

test("every error is thrown somewhere or explains an error of another program", () => {
  const thrown = new Set(
    [...byFile].flatMap(([file, used]) => (/^(components\/errors|test|docs)\//.test(file) ? [] : used)),
  );
  const idle = Object.entries<ErrorEntry>(ERROR_TABLE).filter(([code, { outside }]) => !thrown.has(code) && !outside);
  assert.deepEqual(
    idle.map(([code]) => code),
    [],
  );
});

test("no code stands for two errors", () => {
  const entries = [...byFile].filter(([file]) => file.startsWith("components/errors/table/")).map(([file]) => file);
  const defined = entries.flatMap(
    (file) => readOrEmpty(join(ROOT, file)).match(/(?<=^ {2}")EP-[A-Z]+-\d+(?=": \{)/gm) ?? [],
  );
  assert.deepEqual([...defined].sort(), [...codes].sort());
});

test("the numbers of an area have no gap, so that a deleted code is retired and not used again", () => {
  for (const [area, numbers] of Map.groupBy([...codes, ...RETIRED_CODES], (code) => code.replace(/\d+$/, ""))) {
    const expected = numbers.map((_, index) => `${area}${String(index + 1).padStart(2, "0")}`);
    assert.deepEqual([...numbers].sort(), expected);
  }
});
