import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { byteLength, code, cutAfterLine, shortened, table, text } from "../../delivery/summary/markdown.ts";

test("a text keeps its words and loses every effect", () => {
  for (const [given, wanted] of [
    ["a | b", "a &#124; b"],
    ["<img src=x>", "&#60;img src=x&#62;"],
    ["`rm`, *bold*, [link](x)", "&#96;rm&#96;, &#42;bold&#42;, &#91;link&#93;(x)"],
    ["two\r\n  lines", "two lines"],
    ["ask @octocat about #12 and GH-3", "ask @\u2060octocat about #\u206012 and GH-\u20603"],
    ["- no list", "\u2060- no list"],
    ["1. no list", "\u20601. no list"],
    ["1.5 seconds", "1.5 seconds"],
    ["turned \u202e around", "turned {U+202E} around"],
    ["a&#124;b", "a&#38;#\u2060124;b"],
  ] as const) {
    assert.equal(text(given), wanted);
  }
});

test("code is a code span where it can be, and HTML's own tag where a span could be ended", () => {
  assert.equal(code("app-server"), "`app-server`");
  assert.equal(code("@octocat <b> #1"), "`@octocat <b> #1`");
  assert.equal(code("a`b"), "<code>a&#96;b</code>");
  assert.equal(code("a|b"), "<code>a&#124;b</code>");
  assert.equal(code("a\\"), "<code>a&#92;</code>");
  assert.equal(code("`</code><script>"), "<code>&#96;&#60;/code&#62;&#60;script&#62;</code>");
  assert.equal(code("`https://www.x.y"), "<code>&#96;https&#58;//www&#46;x.y</code>");
  assert.equal(code(""), "<code></code>");
});

test("whatever is written into it, a table keeps its shape: no cell, no line, no tag more", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }), (first, second) => {
      const rendered = table(["a", "b"], [[code(first), text(second)]]);
      const lines = rendered.split(/[\n\r\u2028\u2029]/);
      assert.equal(lines.length, 3);
      assert.equal(lines[2]?.match(/\|/g)?.length, 3);
      assert.doesNotMatch(rendered.replace(/^\| `[^`|]*` \|/m, "").replace(/<\/?code>/g, ""), /[<>`]/);
      assert.doesNotMatch(text(second), /@\w|#\d(?!\d*;)/);
    }),
  );
});

test("what is too long ends in an ellipsis, between characters", () => {
  assert.equal(shortened("abcdef", 6), "abcdef");
  assert.equal(shortened("abcdefg", 6), "abcde…");
  assert.equal(shortened("😀😀😀", 2), "😀…");
});

test("lines that are too many end in a notice; counted is what they take in UTF-8", () => {
  const line = "ключ".repeat(10);
  const whole = Array(10).fill(line).join("\n");
  assert.equal(byteLength(whole), 809);
  assert.equal(cutAfterLine(whole, 809), whole);
  const cut = cutAfterLine(whole, 500);
  assert.ok(byteLength(cut) <= 500 && byteLength(cut) > 419, String(byteLength(cut)));
  assert.match(cut, new RegExp(`^(${line}\n)+\n\\*\\*Shortened: the rest is in the log of the run\\.\\*\\*\n$`));
  assert.match(cutAfterLine(line, 60), /^\n\n\*\*Shortened/);
});
