import assert from "node:assert/strict";
import { test } from "node:test";
import { readMark, withoutMark, writeMark } from "../../../components/postgres/ownerMark.ts";

const mark = { owner: "urn:pulumi:dev::shop ü::a b]", instance: "11111111-2222-3333-4444-555555555555" };

test("a mark is read as it was written, and other text in the comment stays", () => {
  const comment = writeMark("ask Ada [ext. 5]", mark);
  assert.deepEqual(readMark(comment), mark);
  assert.match(comment, /^ask Ada \[ext\. 5\] \[entra-postgres owner=/);
  assert.equal(withoutMark(comment), "ask Ada [ext. 5]");
});

test("a second mark replaces the first", () => {
  const second = { ...mark, owner: "urn:pulumi:prod::shop::a" };
  const comment = writeMark(writeMark("", mark), second);
  assert.deepEqual(readMark(comment), second);
  assert.equal(comment.match(/\[/g)?.length, 1);
});

test("a comment without a mark has none", () => {
  assert.equal(readMark("entra-postgres owner=me"), undefined);
});
