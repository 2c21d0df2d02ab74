import assert from "node:assert/strict";
import { test } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { connectionDetails } from "../../components/connectionDetails/connectionDetails.ts";
import { stackReadme } from "../../program/readme.ts";
import { RECEIPT_LINE } from "../harness/mocks.ts";

const settings = { profile: "migrator", roleName: "vm", vmName: "vm" } as const;
const DEFAULTS = { database: "app", onDelete: "refuse", extensions: [], createSchemas: false, grants: [] } as const;

/** An application as the program has it, with a receipt that lists something. */
function application(name: string, schema: string, facts: { allowed?: string[]; denied?: string[] } = {}) {
  const details = connectionDetails({
    host: "db.example",
    port: 1,
    database: "app",
    user: `${name}-vm`,
    clientId: "c",
  });
  return {
    app: { ...settings, name, schema: name },
    schema: { ...DEFAULTS, name, schema, extensions: [], grants: [] },
    connection: pulumi.output(details),
    receipt: pulumi.output({ ...JSON.parse(RECEIPT_LINE), allowed: [], denied: [], ...facts }),
  };
}

const page = (applications: ReturnType<typeof application>[]) =>
  new Promise<string>((resolve) => stackReadme(applications).apply(resolve));

test("the stack's page has a part for each application, and no placeholder is left", async () => {
  const shown = await page([application("orders", "orders"), application("order-api", "reports$&")]);
  assert.deepEqual(shown.match(/^## .*$/gm), ["## orders", "## order-api"]);
  assert.match(shown, /Profile \*\*migrator\*\* on schema `orders` of database `app`, as role `orders-vm`/);
  assert.match(shown, /on schema `reports\$&` of database `app`, as role `order-api-vm`/);
  assert.match(shown, /psql 'postgresql:\/\/order-api-vm@db\.example:1\/app\?sslmode=verify-full/);
  assert.match(shown, /server 17\.4, TLSv1\.3, administrator: false/);
  assert.doesNotMatch(shown, /\{\w+\.\w+\}|undefined|<!--/);
});

test("what was allowed and denied stands line by line in its cell", async () => {
  const shown = await page([application("orders", "orders", { allowed: ["read a|b", "write"], denied: ["the rest"] })]);
  assert.match(shown, /^\| read a\\\|b<br>write \| the rest \|$/m);
});
