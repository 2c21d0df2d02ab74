import assert from "node:assert/strict";
import { test } from "node:test";
import { didYouMean } from "../../../components/errors/suggestion.ts";

test("a mistyped word gets the closest candidate, and a distant one none", () => {
  assert.equal(didYouMean("locaton", ["tags", "location"]), ', did you mean "location"?');
  assert.equal(didYouMean("Tags", ["tags"]), ', did you mean "tags"?');
  assert.equal(didYouMean("colour", ["tags", "location"]), "");
  assert.equal(didYouMean("colour", []), "");
});
