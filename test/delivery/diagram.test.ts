import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { diagram } from "../../tools/delivery/diagram.ts";
import type { Operation, PlannedResource } from "../../tools/delivery/previewEvents.ts";

/** Every line that Mermaid's grammar of flowcharts may get from here. */
const LABEL = String.raw`\["(?:[A-Za-z0-9 ,()×-]|#\d+;|<br/>|�)+"\]`;
const LINE = new RegExp(
  `^(flowchart TB| +(n\\d+ ~~~ )?n\\d+${LABEL}| +subgraph n\\d+${LABEL}| +end| +classDef \\w+ [-\\w:#, ]+| +class n[\\dn,]+ \\w+)$`,
);

function resource(type: string, name: string, more: Partial<PlannedResource> = {}): PlannedResource {
  const urn = `urn:pulumi:dev::p::${type}::${name}`;
  return {
    urn,
    type,
    name,
    parent: undefined,
    component: false,
    protected: false,
    failed: false,
    operation: "same",
    changes: [],
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
      '    n3["Server (replace)<br/>db"]',
      '    n3 ~~~ n4["FirewallRule ×4<br/>a<br/>b<br/>c<br/>and 1 more"]',
      '    n4 ~~~ n5["FirewallRule (create)<br/>new"]',
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
    /subgraph n\d+\["Outer o"\]\n {4}n\d+\["Real<br\/>r"\]\n {4}subgraph n\d+\["Inner i"\]\n {6}n\d+\["Leaf<br\/>l"\]\n {4}end\n {2}end/,
  );
  assert.match(chart, /^ {2}n\d+\["Empty e"\]$/m);
});

test("hundreds of resources fold into a node for each kind of component, with what becomes of them", () => {
  const apps = Array.from({ length: 40 }, (_, i) =>
    resource("entra-postgres:index:DatabaseAccess", `app${i}`, {
      component: true,
      operation: i === 7 ? "same" : "create",
    }),
  );
  const inside = apps.flatMap((app, i) =>
    ["Role", "Grant", "Schema"].map((type) =>
      resource(`postgresql:index/x:${type}`, `${app.name}-${type}`, {
        parent: app.urn,
        operation: i === 7 && type === "Role" ? "update" : i === 7 ? "same" : "create",
      }),
    ),
  );
  const chart = diagram([...apps, ...inside]);
  isWellFormed(chart);
  assert.match(
    chart,
    /n1\["DatabaseAccess ×39 \(create\)<br\/>app0, 3 inside<br\/>app1, 3 inside<br\/>app2, 3 inside<br\/>and 36 more"\]/,
  );
  assert.match(chart, /\["DatabaseAccess \(update\)<br\/>app7, 3 inside"\]/);
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
    "\u202e",
    "",
  ];
  const chart = diagram(hostile.map((name, i) => resource(`x:y:T${i}`, name)));
  isWellFormed(chart);
  assert.doesNotMatch(chart, /click n1 "|<script|\n- |<br\/>[-\d]+[. ]/);
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
