import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, test } from "node:test";
import { CLOUD, OPTIONAL, REQUIREMENTS } from "../../delivery/variables/requirements.ts";
import { ALL_JOBS, PROJECT, WORKFLOWS } from "./workflows.ts";

const DOC = readFileSync(join(PROJECT, "docs/delivery.md"), "utf8");

/** The rows of the table whose head begins with `first`, as cells. */
function table(first: string): string[][] {
  const lines = DOC.split("\n");
  const head = lines.findIndex((line) => line.trimStart().startsWith(`| ${first} |`));
  assert.ok(head >= 0, first);
  const end = lines.findIndex((line, index) => index > head && !line.trimStart().startsWith("|"));
  return lines.slice(head + 2, end).map((line) =>
    line
      .trim()
      .slice(1, -1)
      .split(" | ")
      .map((cell) => cell.trim()),
  );
}

describe("docs/delivery.md", () => {
  test("lists each job's permissions, no more and no fewer, each with a reason", () => {
    const rows = table("workflow").map(([file, job, permission, why = ""]) => {
      assert.ok(why.length >= 10, `${file}, ${job}`);
      return `${file}, ${job}: ${permission}`;
    });
    const given = ALL_JOBS.flatMap(({ job, name, file }) => {
      const permissions = Object.entries(job.permissions ?? {}).map(([what, how]) => `${what}: ${how}`);
      const place = `${basename(file.path, ".yml")}, ${name.split(", ")[1]}`;
      return (permissions.length > 0 ? permissions : ["none"]).map((permission) => `${place}: ${permission}`);
    });
    assert.deepEqual(rows.sort(), given.sort());
  });

  test("lists each variable, those of the runners among them", () => {
    const listed = table("variable").flatMap(([cell = ""]) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name));
    const used = WORKFLOWS.flatMap(({ text }) => [...text.matchAll(/\bvars\.(\w+)/g)].map(([, name]) => name));
    const known = [...REQUIREMENTS, CLOUD, ...OPTIONAL].map(({ name }) => name);
    assert.deepEqual(listed.sort(), [...new Set([...used, ...known])].sort());
  });

  test("leads to files that are there", () => {
    for (const [, target = ""] of DOC.matchAll(/\]\((?!https?:)([^)#]+)/g)) {
      assert.ok(existsSync(join(PROJECT, "docs", target)), target);
    }
  });
});
