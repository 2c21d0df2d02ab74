import assert from "node:assert/strict";
import { test } from "node:test";
import { readEvents } from "../../delivery/events/readEvents.ts";
import type { RuleFacts } from "../../delivery/summary/policySection.ts";
import { COMMENT_LIMIT, SUMMARY_LIMIT, type SummaryInput, summary } from "../../delivery/summary/summary.ts";
import { findSecrets } from "../harness/leakScan.ts";
import { end, eventLog, policy, step, urnOf, waiting } from "./engineEvents.ts";

const SERVER = "azure-native:dbforpostgresql:Server";
const STACK = step({ op: "same", type: "pulumi:pulumi:Stack", name: "", component: true });
const TOKEN = `eyJ${"a".repeat(30)}.${"b".repeat(30)}.${"c".repeat(30)}`;

function render(events: object[], more: Partial<SummaryInput> = {}): string {
  const input = { kind: "preview", stack: "dev", commit: "1a2b3c4", exitCode: 0, ...more } as const;
  return summary({ ...input, run: readEvents(eventLog(STACK, ...events)) });
}

test("a preview: stack and commit, one line of totals, the changes, the diagram", () => {
  const whole = render([
    step({ op: "create", type: SERVER, name: "db", after: { version: "17", azureApiVersion: "x" } }),
    step({
      op: "update",
      type: "postgresql:index/role:Role",
      name: "writer",
      before: { name: "w", roles: ["a"] },
      after: { name: "w2", roles: ["a"] },
    }),
    end(),
  ]);
  assert.match(whole, /^## Preview of `dev` at `1a2b3c4`\n\n\*\*1 to update\*\*, \*\*1 to create\*\*, 1 unchanged\.\n/);
  assert.match(whole, /^\| update \| `writer` postgresql:Role \| `name`: `"w"` → `"w2"` \|$/m);
  assert.match(whole, /^\| create \| `db` azure-native:Server \| `version`: `"17"` \|$/m);
  assert.match(
    whole,
    /<details><summary>Diagram of the resources<\/summary>\n\n```mermaid\nflowchart TB\n[^`]+```\n\n<\/details>/,
  );
  assert.doesNotMatch(whole, /CAUTION|Failed|Warnings/);
});

test("nothing to change, and no drift, are said as that", () => {
  const same = step({ op: "same", type: SERVER, name: "db" });
  assert.match(render([same, end()]), /\n\*\*No changes\*\*: 2 unchanged\.\n/);
  assert.match(render([same, end()], { kind: "drift" }), /^## Drift of .*\n\n\*\*No drift\*\*: 2 unchanged\.\n/);
  assert.doesNotMatch(render([same, end()]), /### Changes/);
});

test("what loses data stands on top, with its cause and its protection", () => {
  const detailedDiff = { location: { diffKind: "update-replace", inputDiff: true } };
  const whole = render([
    step({ op: "replace", type: SERVER, name: "db", detailedDiff, protect: true }),
    step({ op: "delete", type: "azure-native:dbforpostgresql/v20250801:Database", name: "orders" }),
    step({ op: "delete", type: "postgresql:index/schema:Schema", name: "reports" }),
    step({ op: "delete", type: "azure-native:network:Subnet", name: "net" }),
    end(),
  ]);
  const caution = whole.slice(whole.indexOf("> [!CAUTION]"), whole.indexOf("### Policies"));
  assert.ok(whole.indexOf("> [!CAUTION]") < whole.indexOf("### Changes"));
  assert.match(caution, /`db` azure-native:Server: to replace, because of `location`\. It is protected/);
  assert.match(caution, /`orders` azure-native:Database: to delete\./);
  assert.match(caution, /`reports` postgresql:Schema: to delete\./);
  assert.doesNotMatch(caution, /`net`/);
  assert.match(whole, /\*\*replace\*\* \| `db` .* \*\*forces the replacement\*\* \|/);
});

test("an update that failed in the middle counts what was done and names what failed", () => {
  const tried = { op: "create", type: SERVER, name: "db", after: { version: "17" } } as const;
  const whole = render(
    [
      step({ op: "create", type: "a:b:Group", name: "group" }),
      step(tried),
      step({ ...tried, event: "resOpFailedEvent" }),
      { diagnosticEvent: { severity: "error", message: "SkuNotAvailable" } },
      { diagnosticEvent: { severity: "error", message: "update failed" } },
      end({ isPreview: false, result: "failed" }),
    ],
    { kind: "up", exitCode: 1 },
  );
  assert.match(whole, /\n\*\*Failed\*\* \(exit code 1\)\. \*\*1 failed\*\*, \*\*1 created\*\*, 1 unchanged\.\n/);
  assert.match(whole, /### Failed\n\n- SkuNotAvailable\n\n/);
  assert.match(whole, /^\| created \| `group` /m);
  assert.match(whole, /^\| \*\*create failed\*\* \| `db` /m);
});

test("drift is told as what was found, not as what Pulumi would do, and is no failure", () => {
  const whole = render(
    [
      step({ op: "delete", event: "resOutputsEvent", type: "a:b:EntraPrincipal", name: "role" }),
      step({
        op: "update",
        event: "resOutputsEvent",
        type: "a:b:FirewallRule",
        name: "rule",
        before: { end: "10.0.0.1" },
        after: { end: "255.255.255.255" },
        diffs: ["end"],
      }),
      end(),
    ],
    { kind: "drift", exitCode: 7 },
  );
  assert.match(whole, /\n\*\*1 gone\*\*, \*\*1 changed\*\*, 1 unchanged\.\n/);
  assert.match(whole, /\| \*\*gone\*\* \| `role` /);
  assert.match(whole, /\| changed \| `rule` .*`"10.0.0.1"` → `"255.255.255.255"`/);
  assert.doesNotMatch(whole, /Failed|to delete|Policies/);
});

/** Something violated, something that waits. */
function judged(stackIsJudged = true): string {
  const urn = urnOf(SERVER, "db");
  return render(
    [
      step({ op: "create", type: SERVER, name: "db" }),
      policy({ rule: "advice", message: "Could be better.", urn }),
      policy({ rule: "entra-only", message: "The server takes passwords.", level: "mandatory", severity: "high", urn }),
      policy({ rule: "range", message: waiting("range", "string value at .start can't be known during preview"), urn }),
      policy({ rule: "whole", message: waiting("whole", "string value at .id can't be known during preview") }),
      { policyAnalyzeSummaryEvent: { policyPackName: "pack", passed: ["fine"] } },
      ...(stackIsJudged ? [{ policyAnalyzeStackSummaryEvent: { policyPackName: "pack" } }] : []),
      end({ pack: true, result: "failed" }),
    ],
    {
      exitCode: 1,
      rules: new Map<string, RuleFacts>([
        ["entra-only", { remediationSteps: "Set it to Disabled | now.", url: "https://learn.microsoft.com/x" }],
        ["range", { enforcementLevel: "mandatory" }],
        ["whole", { enforcementLevel: "mandatory", validateStack: true }],
        ["idle", { enforcementLevel: "mandatory" }],
      ]),
    },
  );
}

test("policies: what was violated comes worst first, with the way to put it right; what waits for up says for what", () => {
  const whole = judged();
  assert.match(whole, /\*\*Failed\*\* \(exit code 1\)\. /);
  const rows = whole.split("\n").filter((line) => /^\| (\[`|`)/.test(line));
  assert.deepEqual(rows.slice(0, 3), [
    "| [`entra-only`](https://learn.microsoft.com/x) | **mandatory**, high | `db`: The server takes passwords. | Set it to Disabled &#124; now. |",
    "| `advice` | advisory | `db`: Could be better. |  |",
    "| `range` | mandatory | db: string value at .start can't be known during preview |",
  ]);
});

test("policies: each rule of the pack is counted, that without anything to look at and that without its turn, too", () => {
  const counts = "`pack` 1.0.0, 6 rules: 1 passed, **2 violated**, 2 waiting for `up`, 1";
  assert.ok(judged().includes(`${counts} with nothing to look at.\n`), judged());
  assert.ok(judged(false).includes(`${counts} not asked before the run failed.\n`), judged(false));
});

test("policies: what waits on the whole stack is judged at the end of up, and that is said where there is such a rule", () => {
  const whole = judged();
  assert.match(whole, /judges them before it changes the resource; those on the stack it judges at its end, when /);
  assert.match(whole, /^\| `whole` \| mandatory, on the stack \| string value at \.id/m);
  const urn = urnOf(SERVER, "db");
  const other = render([
    policy({ rule: "range", message: waiting("range", "string value at .start can't be known during preview"), urn }),
    end({ pack: true }),
  ]);
  assert.match(other, /which judges them before it changes the resource:\n/);
});

test("a preview without a pack says so; one that never ended says that", () => {
  assert.match(render([end()]), /\*\*No policy pack ran\.\*\*/);
  const cut = render([], { exitCode: 130, problems: "> **Locked.** Next: wait\n" });
  assert.match(cut, /\*\*It did not come to its end\*\* \(exit code 130\)\.\n\n> \*\*Locked\.\*\* Next: wait\n/);
  assert.doesNotMatch(cut, /No changes|No policy pack/);
});

test("hostile names and messages do nothing: no cell, line, tag, mention or fence more", () => {
  const name = "`|</details>\n## x @octocat <img src=x> #1 ```";
  const urn = urnOf(SERVER, name);
  const change = { before: { [name]: name }, after: { [name]: `${name}!` } };
  const whole = render(
    [
      step({ op: "update", type: SERVER, name, ...change }),
      step({ op: "delete", type: SERVER, name: `${name}2` }),
      policy({ rule: name, message: name, urn }),
      policy({ rule: `${name}2`, message: waiting("r", name), urn }),
      { diagnosticEvent: { severity: "error", message: name } },
      { diagnosticEvent: { severity: "warning", message: name } },
      end({ pack: true }),
    ],
    { stack: name, commit: name, rules: new Map([[name, { remediationSteps: name, url: `https://x/)${name}` }]]) },
  );
  const plain = whole.replace(/<\/?code>|<br>|<\/?details>|<\/?summary>|<br\/>/g, "");
  assert.doesNotMatch(plain, /[<>](?![ \n-])/m);
  assert.doesNotMatch(whole, /@octocat|#1\b/);
  assert.match(whole, /octocat/);
  assert.equal(whole.match(/<\/details>/g)?.length, whole.match(/<details>/g)?.length);
  assert.deepEqual(
    whole.match(/^#+ .*$/gm)?.map((line) => line.split(" ")[1]),
    ["Preview", "Failed", "Policies", "Changes", "Warnings"],
  );
  const tables = whole.split("\n\n").filter((part) => part.startsWith("|"));
  assert.equal(tables.length, 3);
  for (const rows of tables) {
    const bars = rows.split("\n").map((row) => row.match(/\|/g)?.length);
    assert.equal(new Set(bars).size, 1, rows);
  }
});

test("a token is in no summary, wherever it came from", () => {
  const inputs = { script: `login ${TOKEN}`, password: TOKEN, nested: [{ a: TOKEN }] };
  const whole = render([
    step({ op: "create", type: SERVER, name: "db", after: inputs }),
    step({ op: "update", type: "a:b:C", name: "c", before: { script: TOKEN }, after: inputs }),
    policy({ rule: "r", message: `found ${TOKEN}`, urn: urnOf(SERVER, "db") }),
    { diagnosticEvent: { severity: "error", message: `refused ${TOKEN}` } },
    end({ pack: true }),
  ]);
  assert.deepEqual(findSecrets(whole, [TOKEN]), []);
  assert.match(whole, /found &#91;secret&#93;/);
  assert.notDeepEqual(findSecrets(whole.replace("refused", TOKEN), [TOKEN]), []);
});

test("however much there is, it fits a comment, and says that it was shortened", () => {
  const many = Array.from({ length: 3000 }, (_, i) =>
    step({ op: "update", type: "a:b:C", name: `resource-${i}`, before: { p: "x" }, after: { p: "y".repeat(50) } }),
  );
  const whole = render([...many, end()]);
  assert.ok(SUMMARY_LIMIT < COMMENT_LIMIT && whole.length <= SUMMARY_LIMIT, String(whole.length));
  assert.match(whole, /\*\*3000 to update\*\*/);
  assert.match(whole, /\*\*Shortened: \d+ more changes are in the log of the run\.\*\*/);
  const short = render([...many, end()], { limit: 700 });
  assert.ok(short.length <= 700, String(short.length));
  assert.match(short, /\*\*Shortened: the rest is in the log of the run\.\*\*\n$/);
});

test("a little too much loses values before it loses rows, and the diagram goes late", () => {
  const some = Array.from({ length: 110 }, (_, i) => {
    const values = (value: string) =>
      Object.fromEntries(["a", "b", "c", "d", "e"].map((key) => [key, value.repeat(60)]));
    return step({ op: "update", type: `a:b:C${i}`, name: `resource-${i}`, before: values("x"), after: values("y") });
  });
  const whole = render([...some, end()]);
  assert.ok(whole.length <= SUMMARY_LIMIT);
  assert.equal(whole.match(/^\| update /gm)?.length, 110);
  assert.match(whole, /and 1 more \|/);
  assert.match(whole, /```mermaid/);
});

test("with many resources the new ones are behind a click", () => {
  const created = Array.from({ length: 40 }, (_, i) => step({ op: "create", type: "a:b:C", name: `new-${i}` }));
  const whole = render([...created, step({ op: "delete", type: "a:b:C", name: "old" }), end()]);
  assert.match(
    whole,
    /### Changes\n\n\| what .*\n.*\n\| \*\*delete\*\* \| `old` a:C \| {2}\|\n\n<details><summary>40 resources that are new<\/summary>/,
  );
});

test("a component has no row: it has nothing of its own; the totals count it, and a note says how many", () => {
  const component = (name: string) => step({ op: "create", type: "x:y:Group", name, component: true });
  const inside = step({
    op: "create",
    type: "a:b:C",
    name: "c",
    parent: urnOf("x:y:Group", "one"),
    after: { size: 1 },
  });
  const whole = render([component("one"), component("two"), inside, end()]);
  assert.match(whole, /\*\*3 to create\*\*/);
  assert.match(whole, /### Changes\n\n2 of them are components, which group others\.\n\n\| what /);
  assert.deepEqual(whole.match(/^\| create .*$/gm), ["| create | `c` a:C | `size`: `1` |"]);
  assert.match(render([component("one"), inside, end()]), /\n1 of them is a component, which groups others\.\n/);
  assert.doesNotMatch(render([inside, end()]), /component/);
  const changed = { type: "x:y:Group", name: "g", component: true, before: { size: 1 }, after: { size: 2 } };
  assert.match(
    render([step({ op: "update", ...changed }), end()]),
    /^\| update \| `g` x:Group \| `size`: `1` → `2` \|$/m,
  );
});

test("a certificate is told by its number, and of something new not at all", () => {
  const pem = (base64: string) => `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`;
  const whole = render([
    step({ op: "create", type: "a:b:C", name: "new", after: { caCert: pem("AAAA"), size: 1 } }),
    step({ op: "update", type: "a:b:C", name: "old", before: { caCert: pem("AAAA") }, after: { caCert: pem("AAAB") } }),
    end(),
  ]);
  assert.match(whole, /^\| create \| `new` a:C \| `size`: `1` \|$/m);
  assert.match(whole, /^\| update .*`caCert`: `"\(certificate 709e80c8\)"` → `"\(certificate [0-9a-f]{8}\)"` \|$/m);
});

test("a diagram that Mermaid would not take is left out, and that is said", () => {
  const many = Array.from({ length: 240 }, (_, i) =>
    step({ op: "create", type: `a:b:T${i % 80}`, name: `${i}${"\u{1D4B3}".repeat(99)}` }),
  );
  const whole = render([...many, end()]);
  assert.match(whole, /\*\*The diagram is left out: it is too long for Mermaid\.\*\*/);
  assert.doesNotMatch(whole, /```mermaid/);
});

test("a diagram with arrows says what they mean, one without says nothing of them", () => {
  const steps = [step({ op: "create", type: SERVER, name: "db" }), step({ op: "create", type: "a:b:C", name: "c" })];
  const log = eventLog(STACK, ...steps, end());
  const run = readEvents(log, new Map([[urnOf("a:b:C", "c"), [urnOf(SERVER, "db")]]]));
  const told = summary({ kind: "preview", stack: "dev", commit: undefined, exitCode: 0, run });
  assert.match(told, /<summary>.*\n\nAn arrow leads from what is needed to what needs it\.\n\n```mermaid\n[^`]* --> /);
  assert.doesNotMatch(render([...steps, end()]), /arrow| --> /);
});
