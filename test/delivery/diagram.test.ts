import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Operation, PlannedResource } from "../../delivery/events/readEvents.ts";
import { diagram } from "../../delivery/summary/diagram.ts";
import { urnOf } from "./engineEvents.ts";

/** Every line that Mermaid's grammar of flowcharts may get from here. */
const LABEL = String.raw`\["(?:[A-Za-z0-9 ,()×-]|#\d+;|<br/>|�)+"\]`;
const LINE = new RegExp(
  `^(flowchart TB| +n\\d+${LABEL}| +n\\d+ (~~~|-->) n\\d+| +subgraph n\\d+${LABEL}| +direction TB| +end| +classDef \\w+ [-\\w:#, ]+| +class n[\\dn,]+ \\w+)$`,
);

function resource(type: string, name: string, more: Partial<PlannedResource> = {}): PlannedResource {
  return {
    urn: urnOf(type, name),
    type,
    name,
    parent: undefined,
    component: false,
    protected: false,
    failed: false,
    operation: "same",
    changes: [],
    needs: [],
    ...more,
  };
}

function isWellFormed(chart: string): void {
  const lines = chart.split("\n");
  for (const line of lines) assert.match(line, LINE);
  const count = (pattern: RegExp) => lines.filter((line) => pattern.test(line)).length;
  assert.equal(count(/^ +subgraph /), count(/^ +end$/));
  const ids = lines.flatMap((line) => /(n\d+)\["/.exec(line)?.[1] ?? []);
  assert.equal(new Set(ids).size, ids.length, "an id twice");
}

test("components hold their resources, those of one type with one fate share a node, changed ones are marked", () => {
  const server = resource("entra-postgres:index:EntraPostgresServer", "app", { component: true });
  const inside = (type: string, name: string, operation: Operation = "same") =>
    resource(type, name, { parent: server.urn, operation });
  const chart = diagram([
    resource("pulumi:pulumi:Stack", "dev", { component: true }),
    resource("pulumi:providers:postgresql", "own"),
    resource("azure-native:resources:ResourceGroup", "group"),
    server,
    inside("azure-native:dbforpostgresql:Server", "db", "replace"),
    ...["a", "b", "c", "d"].map((name) => inside("azure-native:dbforpostgresql:FirewallRule", name)),
    inside("azure-native:dbforpostgresql:FirewallRule", "new", "create"),
  ]);
  isWellFormed(chart);
  assert.deepEqual(
    chart.split("\n").filter((line) => !/class/.test(line)),
    [
      "flowchart TB",
      '  n1["ResourceGroup<br/>group"]',
      '  subgraph n2["EntraPostgresServer app"]',
      "    direction TB",
      '    n3["Server (replace)<br/>db"]',
      '    n4["FirewallRule ×4<br/>a<br/>b<br/>c<br/>and 1 more"]',
      '    n5["FirewallRule (create)<br/>new"]',
      "    n3 ~~~ n5",
      "  end",
    ],
  );
  assert.match(chart, /class n3 replace\n/);
  assert.match(chart, /class n5 create$/m);
});

test("a component within one is a subgraph within one, whatever lies between them; an empty one is a node", () => {
  const outer = resource("x:y:Outer", "o", { component: true });
  const between = resource("x:y:Real", "r", { parent: outer.urn });
  const inner = resource("x:y:Inner", "i", { component: true, parent: between.urn });
  const chart = diagram([
    outer,
    between,
    inner,
    resource("x:y:Leaf", "l", { parent: inner.urn }),
    resource("x:y:Empty", "e", { component: true }),
  ]);
  isWellFormed(chart);
  assert.match(
    chart,
    /subgraph n\d+\["Outer o"\]\n {4}direction TB\n {4}n\d+\["Real<br\/>r"\]\n {4}subgraph n\d+\["Inner i"\]\n {6}direction TB\n {6}n\d+\["Leaf<br\/>l"\]\n {4}end\n {2}end/,
  );
  assert.match(chart, /^ {2}n\d+\["Empty e"\]$/m);
});

/** The arrows of a chart, by the labels of what they join. */
function arrowsOf(chart: string): string[] {
  const labels = new Map([...chart.matchAll(/(n\d+)\["([^"]*)"\]/g)].map(([, id, label]) => [id, label]));
  return [...chart.matchAll(/^ {2}(n\d+) --> (n\d+)$/gm)]
    .map(([, a, b]) => `${labels.get(a)} > ${labels.get(b)}`)
    .sort();
}

test("arrows lead from what is needed to what needs it, between outermost things, and none says what others say", () => {
  const component = (name: string) => resource("x:y:C", name, { component: true });
  const [machine, server, access] = [component("machine"), component("server"), component("access")];
  const group = resource("x:y:Group", "group");
  const inner = resource("x:y:I", "inner", { component: true, parent: machine.urn });
  const address = resource("x:y:Address", "address", { parent: inner.urn, needs: [group.urn] });
  const card = resource("x:y:Card", "card", { parent: machine.urn, needs: [address.urn, group.urn] });
  const database = resource("x:y:Database", "db", { parent: server.urn, needs: [address.urn, group.urn] });
  const provider = resource("pulumi:providers:postgresql", "admin", { needs: [database.urn] });
  const role = resource("x:y:Role", "role", { parent: access.urn, needs: [provider.urn, group.urn, "urn:of:nothing"] });
  const alone = resource("x:y:Alone", "alone");
  const chart = diagram([group, machine, inner, address, card, server, database, provider, access, role, alone]);
  isWellFormed(chart);
  assert.deepEqual(arrowsOf(chart), ["C machine > C server", "C server > C access", "Group<br/>group > C machine"]);
  assert.doesNotMatch(chart, /Provider/);
});

test("resources that share a node share its arrows; what goes round in a circle keeps leading everywhere", () => {
  const server = resource("x:y:Server", "db");
  const roles = ["a", "b"].map((name) => resource("x:y:Role", name, { needs: [server.urn] }));
  const check = resource("x:y:Check", "check", { needs: roles.map(({ urn }) => urn) });
  const chart = diagram([server, ...roles, check]);
  assert.deepEqual(arrowsOf(chart), ["Role ×2<br/>a<br/>b > Check<br/>check", "Server<br/>db > Role ×2<br/>a<br/>b"]);
  const [one, two] = ["one", "two"].map((name) => resource(`x:y:${name}`, name, { component: true }));
  assert.ok(one && two);
  const inside = [
    resource("x:y:A", "a", { parent: one.urn, needs: [urnOf("x:y:B", "b")] }),
    resource("x:y:B", "b", { parent: two.urn, needs: [urnOf("x:y:C", "c")] }),
    resource("x:y:C", "c", { parent: one.urn }),
  ];
  assert.deepEqual(arrowsOf(diagram([one, two, ...inside])), ["one one > two two", "two two > one one"]);
});

test("what no arrow joins stands in rows of two", () => {
  const chart = diagram(["A", "B", "C", "D"].map((type) => resource(`x:y:${type}`, "x")));
  assert.deepEqual(chart.match(/n\d+ ~~~ n\d+/g), ["n1 ~~~ n3", "n2 ~~~ n4"]);
});

test("arrows so many that they only cover each other are left out", () => {
  const all = (type: string, needs: string[] = []) =>
    Array.from({ length: 15 }, (_, i) => resource(`x:y:${type}${i}`, type, { needs }));
  const first = all("First");
  const chart = diagram([
    ...first,
    ...all(
      "Then",
      first.map(({ urn }) => urn),
    ),
  ]);
  isWellFormed(chart);
  assert.deepEqual(arrowsOf(chart), []);
});

test("hundreds of resources fold into a node for each kind of component, with what becomes of them", () => {
  const apps = Array.from({ length: 40 }, (_, i) =>
    resource("entra-postgres:index:PrivateDatabase", `app${i}`, {
      component: true,
      operation: i === 7 ? "same" : "create",
    }),
  );
  const inside = apps.flatMap((app, i) =>
    ["Role", "Grant", "Schema"].map((type) =>
      resource(`postgresql:index/x:${type}`, `${app.name}-${type}`, {
        parent: app.urn,
        needs: i > 0 ? [urnOf("postgresql:index/x:Role", `app${i - 1}-Role`)] : [],
        operation: i === 7 && type === "Role" ? "update" : i === 7 ? "same" : "create",
      }),
    ),
  );
  const chart = diagram([...apps, ...inside]);
  isWellFormed(chart);
  assert.match(
    chart,
    /n1\["PrivateDatabase ×39 \(create\)<br\/>app0, 3 inside<br\/>app1, 3 inside<br\/>app2, 3 inside<br\/>and 36 more"\]/,
  );
  assert.match(chart, /\["PrivateDatabase \(update\)<br\/>app7, 3 inside"\]/);
  assert.equal(arrowsOf(chart).length, 2);
});

test("names cannot leave their label", () => {
  const hostile = [
    '"]; click n1 "javascript:x',
    "end",
    "- list",
    "1. list",
    "`code`",
    "a\nb",
    "<script>",
    "#quot;",
    "%%x",
    "direction LR",
    "\u202e",
    "",
  ];
  const chart = diagram([
    ...hostile.map((name, i) => resource(`x:y:T${i}`, name)),
    resource("x:y:direction", "RL", { component: true }),
  ]);
  isWellFormed(chart);
  assert.doesNotMatch(chart, /direction|click n1 "|<script|\n- |<br\/>[-\d]+[. ]/);
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string({ unit: "binary" }), fc.string(), fc.boolean())), (all) => {
      isWellFormed(diagram(all.map(([name, type, component], i) => resource(`x:${i}:${type}`, name, { component }))));
    }),
  );
});

test("parents that go round in a circle end nothing", () => {
  const [a, b] = [resource("x:y:A", "a", { component: true }), resource("x:y:B", "b", { component: true })];
  isWellFormed(diagram([{ ...a, parent: b.urn }, { ...b, parent: a.urn }, resource("x:y:C", "c")]));
});
