import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { GENTLE, HARSH, parseBehaviour, SWITCHES } from "../../sandbox/behaviour.ts";
import { behaviourPage, PAGE } from "../../sandbox/behaviourPage.ts";

describe("SANDBOX_AZURE", () => {
  test("is gentle when it is not set", () => {
    for (const text of [undefined, "", "gentle"]) assert.deepEqual(parseBehaviour(text), GENTLE);
  });

  test("harsh is harsh in every respect", () => {
    assert.deepEqual(parseBehaviour("harsh"), HARSH);
    for (const [name, { gentle, harsh }] of Object.entries(SWITCHES)) assert.notEqual(gentle, harsh, name);
  });

  test("switches change single respects", () => {
    const chosen = parseBehaviour("harsh, firewallDelay=0.5,duplicateNames=oldest");
    assert.deepEqual(chosen, { ...HARSH, firewallDelay: 0.5, duplicateNames: "oldest" });
    assert.deepEqual(parseBehaviour("adminOption=creator"), { ...GENTLE, adminOption: "creator" });
  });

  const refused = {
    severe: "severe",
    "an unknown switch": "harsh,firewalDelay=3",
    "a property of every object": "constructor=1",
    "a switch without a value": "firewallDelay",
    "a word where a number is due": "firewallDelay=long",
    "a negative number": "firewallDelay=-1",
    "a number where a word is due": "duplicateNames=1",
  };
  for (const [what, text] of Object.entries(refused)) {
    test(`${what} is refused`, () => {
      assert.throws(() => parseBehaviour(text), /EP-SANDBOX-09/);
    });
  }
});

test("docs/sandbox.md has the table of the switches", () => {
  const page = readFileSync(PAGE, "utf8");
  assert.equal(page, behaviourPage(page), "out of date: run node sandbox/behaviourPage.ts");
  for (const name of Object.keys(SWITCHES)) assert.ok(page.includes(`| \`${name}\` |`), name);
});
