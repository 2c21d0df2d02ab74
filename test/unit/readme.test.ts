import assert from "node:assert/strict";
import { test } from "node:test";
import { connectionDetails } from "../../components/connectionDetails.ts";
import { stackReadme } from "../../readme.ts";
import { RECEIPT_LINE } from "./mocks.ts";

const apps = [
  { name: "orders", profile: "migrator", database: "app", schema: "orders" },
  { name: "reports", profile: "reader", database: "app", schema: "reports$&" },
];

test("the stack's page has a part for each application, and no placeholder is left", () => {
  const page = stackReadme(apps);
  assert.deepEqual(page.match(/^## .*$/gm), ["## orders", "## reports"]);
  assert.match(page, /Profile \*\*migrator\*\* on schema `orders` of database `app`/);
  assert.match(page, /Profile \*\*reader\*\* on schema `reports\$&` of database `app`/);
  assert.doesNotMatch(page.replace(/\$\{outputs[^}]*\}/g, ""), /[{}]|<!--/);
});

test("every value that Pulumi Cloud is to put in is there: an output, an application and one of its fields", () => {
  const known: Record<string, object> = {
    connections: connectionDetails({ host: "h", port: 1, database: "d", user: "u", clientId: "c" }),
    receipts: JSON.parse(RECEIPT_LINE),
  };
  const wanted = [...stackReadme(apps).matchAll(/\$\{outputs\.([^}]*)\}/g)].map(([, path = ""]) => path);
  assert.ok(wanted.length >= 6 * apps.length, wanted.join("\n"));
  for (const path of wanted) {
    const [, output = "", app, field = ""] = /^(\w+)\["(\w+)"\]\.(\w+)$/.exec(path) ?? [];
    assert.ok(
      apps.some(({ name }) => name === app),
      path,
    );
    assert.ok(field in (known[output] ?? {}), path);
  }
});
