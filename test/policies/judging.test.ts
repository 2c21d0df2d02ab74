import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as sdk from "@pulumi/policy";
import {
  all,
  any,
  anyOf,
  eachOf,
  exceeds,
  judging,
  reading,
  type Seen,
  WaitsForUp,
} from "../../policies/engine/judging.ts";
import { UnknownValueError } from "../../policies/engine/unknownValue.ts";
import { UNKNOWN, UNKNOWN_LIST } from "./judged.ts";

const seen = (name: string, props: Record<string, unknown> = {}): Seen => ({
  type: "my:index:Thing",
  name,
  urn: `urn:${name}`,
  props: sdk.unknownCheckingProxy(props),
  opts: { protect: false, ignoreChanges: [], aliases: [], customTimeouts: never, additionalSecretOutputs: [] },
});
const never = { createSeconds: 0, updateSeconds: 0, deleteSeconds: 0 };
const unknown = (): boolean => seen("it", { x: UNKNOWN }).props.x;
const yes = () => true;
const no = () => false;

describe("three answers: yes, no, not known yet", () => {
  test("all: one that is known not to hold decides", () => {
    assert.equal(all(yes, yes), true);
    assert.equal(all(), true);
    assert.equal(all(yes, no), false);
    assert.equal(all(unknown, no), false);
    assert.equal(all(no, unknown), false);
    assert.throws(() => all(yes, unknown), UnknownValueError);
    assert.throws(() => all(unknown, yes), UnknownValueError);
  });

  test("any: one that is known to hold decides", () => {
    assert.equal(any(no, yes), true);
    assert.equal(any(), false);
    assert.equal(any(no, no), false);
    assert.equal(any(unknown, yes), true);
    assert.equal(any(yes, unknown), true);
    assert.throws(() => any(unknown, no), UnknownValueError);
  });

  test("anyOf: items may be unknown, and so may the list", () => {
    const { props } = seen("it", { list: [UNKNOWN, "a"], whole: ["b"], none: UNKNOWN_LIST });
    const has = (items: string[] | undefined, word: string) => anyOf<string>(items, (item) => item === word);
    assert.equal(has(props.list, "a"), true);
    assert.throws(() => has(props.list, "b"), UnknownValueError);
    assert.equal(has(props.whole, "a"), false);
    assert.equal(has(undefined, "a"), false);
    assert.throws(() => has(props.none, "a"), UnknownValueError);
  });

  test("exceeds: the known amounts can decide", () => {
    const amounts = (...of: number[]) => of.map((each) => () => each);
    assert.equal(exceeds(3, amounts(1, 2)), false);
    assert.equal(exceeds(3, amounts(1, 2, 0.5)), true);
    assert.equal(exceeds(3, [unknown as never, ...amounts(2, 2)]), true);
    assert.throws(() => exceeds(3, [unknown as never, ...amounts(1)]), UnknownValueError);
    const { props } = seen("it", { list: [UNKNOWN, 4], none: UNKNOWN_LIST });
    const exceedsList = (limit: number, list: () => number[] | undefined) => exceeds(limit, eachOf(list));
    assert.equal(
      exceedsList(3, () => props.list),
      true,
    );
    assert.throws(() => exceedsList(4, () => props.list), UnknownValueError);
    assert.throws(() => exceedsList(4, () => props.none), UnknownValueError);
    assert.equal(
      exceedsList(0, () => undefined),
      false,
    );
  });

  test("an error of another kind is never swallowed", () => {
    const broken = (): boolean => {
      throw new TypeError("broken");
    };
    assert.throws(() => all(broken, no), TypeError);
    assert.throws(() => any(broken, yes), TypeError);
    assert.throws(() => eachOf(broken as never), TypeError);
    assert.throws(() => judging(no as never, [[seen("it"), broken as never]]), TypeError);
  });
});

test("every demand is judged; each unknown value is named once with its resource", () => {
  const reported: string[] = [];
  const [one, two] = [seen("one", { x: UNKNOWN, y: { z: UNKNOWN } }), seen("two", { x: UNKNOWN })];
  const judge = () =>
    judging(
      (message, urn) => reported.push(`${urn}: ${message}`),
      [
        [one, () => one.props.x && "never"],
        [one, () => [() => one.props.x && "never", () => "wrong", () => false, () => one.props.y.z && "never"]],
        [one, () => reading(two, () => two.props.x) && "never"],
        [two, () => "wrong, too"],
      ],
    );
  assert.throws(judge, (error: Error) => {
    assert.ok(error instanceof WaitsForUp && error instanceof sdk.UnknownValueError);
    assert.equal(
      error.message,
      'not known before up, which judges it: x of "one" (my:index:Thing); y.z of "one" (my:index:Thing); ' +
        'x of "two" (my:index:Thing); all else was judged',
    );
    return true;
  });
  assert.deepEqual(reported, ["urn:one: wrong", "urn:two: wrong, too"]);
});
