import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { parse } from "yaml";
import { type Facts, factsOf, NotAskable, withFacts } from "../../../sandbox/ledger/facts.ts";
import { readLedger } from "../../../sandbox/ledger/ledger.ts";
import { fidelityPage } from "../../../sandbox/ledger/page.ts";
import { readRecords, writeRecord } from "../../../sandbox/ledger/record.ts";
import { redact } from "../../../sandbox/ledger/redact.ts";
import { runProbes } from "../../../sandbox/ledger/runProbes.ts";
import { temporaryDirectory } from "../../harness/testServer.ts";

const SUBSCRIPTION = "11111111-2222-4333-8444-555555555555";
const GROUP = `/subscriptions/${SUBSCRIPTION}/resourceGroups/secret-group`;
const FACTS: Facts = {
  host: "secret-server.postgres.database.azure.com",
  port: "5432",
  admin: "jane.doe_contoso.com#EXT#@contoso.onmicrosoft.com",
  role: "app",
  database: "shop",
  objectId: "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee",
  type: "service",
  serverId: `${GROUP}/providers/Microsoft.DBforPostgreSQL/flexibleServers/secret-server`,
  machineId: `${GROUP}/providers/Microsoft.Compute/virtualMachines/secret-vm`,
  groupId: GROUP,
  subscriptionId: SUBSCRIPTION,
  location: "westeurope",
  probe: "probe_1234",
};
const rows = readLedger().flatMap((section) => section.rows);
const askable = rows.filter(({ probe }) => probe);
const silent = () => {};
const wrong = parse(readFileSync(join(import.meta.dirname, "wrongAnswers.yaml"), "utf8")) as Record<string, unknown>;

test("every probe has a wrong answer to be tried with", () => {
  assert.deepEqual(Object.keys(wrong).sort(), askable.map(({ id }) => id).sort());
});

for (const row of askable) {
  test(`an Azure that answers otherwise differs from ${row.id}`, async () => {
    const [result] = await runProbes([row], FACTS, async () => String(wrong[row.id]), silent);
    assert.deepEqual(result, { id: row.id, result: "differs", found: String(wrong[row.id]) });
  });
}

test("a probe that fails says so, and the others go on", async () => {
  const lines: string[] = [];
  const [first, second, third] = askable;
  assert.ok(first && second && third);
  let asked = 0;
  const ask = async () => {
    asked += 1;
    if (asked === 1) throw new Error(`no connection to ${FACTS.host}`);
    if (asked === 2) throw new NotAskable("the stack has no virtual machine");
    return "nothing of the kind";
  };
  const results = await runProbes([first, second, third], FACTS, ask, (line) => lines.push(line));
  assert.deepEqual(
    results.map(({ result }) => result),
    ["failed", "not askable", "differs"],
  );
  assert.equal(results[0]?.found, "no connection to <host>");
  assert.match(lines.join("\n"), /1\/3 {2}failed .*\n {2}found: no connection[\s\S]*3\/3 {2}differs/);
});

describe("a record has nothing secret or personal in it", () => {
  const TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJvaWQiOiIxMjM0NTY3OCJ9.c2lnbmF0dXJl";
  const PLANTED: Record<string, string> = {
    token: TOKEN,
    "token without signature": TOKEN.split(".").slice(0, 2).join("."),
    "host name": FACTS.host,
    "other host": "other.privatelink.postgres.database.azure.com",
    administrator: FACTS.admin,
    "other user": "john.smith@contoso.com",
    "object id": FACTS.objectId,
    "object id in capitals": FACTS.objectId.toUpperCase(),
    "other id": "99999999-2222-4333-8444-555555555555",
    "server's id": FACTS.serverId,
    "machine's name": "secret-vm",
    "group's name": "secret-group",
    "server's name": "secret-server",
    subscription: SUBSCRIPTION,
    "other resource's id": "/subscriptions/x/resourceGroups/y/providers/z",
    address: "198.51.100.7",
    "IPv6 address": "2001:db8::7",
    "long IPv6 address": "2001:db8:1:2:3:4:5:6",
    database: "shop",
    secret: "aB3~x8Q9aB3dE6gH9jK2mN5pQ8sT1vW4yZ7".replace("~", "c"),
  };
  for (const [what, secret] of Object.entries(PLANTED)) {
    test(what, async () => {
      const folder = mkdtempSync(join(temporaryDirectory(), "records-"));
      const ask = async () => `ERROR 28000: ${secret}, "${secret}" (${secret}) [${secret}]`;
      const results = await runProbes(askable.slice(0, 1), FACTS, ask, silent);
      const file = writeRecord({ date: "2026-01-31", from: "azure", postgres: "17", location: "x", results }, folder);
      const text = readFileSync(file, "utf8").toLowerCase();
      assert.ok(!text.includes(secret.toLowerCase()), text);
      assert.match(text, /error 28000: </, "the rest of the answer is kept");
    });
  }
  test("words that merely contain a name stay", () => {
    assert.equal(redact("the application shops", FACTS), "the application shops");
  });
});

test("what Azure confirmed is recorded on the page, what differs is shown", () => {
  const folder = temporaryDirectory();
  const [one, other] = askable.filter(({ status }) => status === "assumed");
  assert.ok(one && other);
  const results = [
    { id: one.id, result: "confirmed" as const, found: "yes" },
    { id: other.id, result: "differs" as const, found: "a|b\nc" },
  ];
  writeRecord({ date: "2026-01-30", from: "azure", postgres: "17", location: "x", results: [] }, folder);
  writeRecord({ date: "2026-01-31", from: "azure", postgres: "17", location: "x", results }, folder);
  const page = fidelityPage(readLedger(), readRecords(folder));
  assert.ok(page.includes(`| recorded | ${one.source} | \`${one.id}\`, confirmed 2026-01-31 |`));
  assert.ok(page.includes(`| assumed | ${other.source} | \`${other.id}\`, **differs** 2026-01-31: \`a\\|b / c\` |`));
  const assumed = rows.filter(({ status }) => status === "assumed").length;
  assert.match(
    page,
    new RegExp(`\\| ${rows.length} \\| \\d+ \\| 1 \\| ${assumed - 1} \\| ${askable.length} \\| 1 \\| 1 \\|`),
  );
});

test("a record of the sandbox does not count", () => {
  const folder = temporaryDirectory();
  writeRecord({ date: "2026-01-31", from: "sandbox", postgres: "17", location: "x", results: [] }, folder);
  assert.throws(() => readRecords(folder), /of the sandbox/);
  writeFileSync(join(folder, "README.md"), "");
});

test("a fact that the stack lacks makes a probe not askable; a stack without a server is refused", () => {
  const { machineId: _, ...without } = FACTS;
  assert.throws(() => withFacts("{machineId}/x", without), NotAskable);
  assert.throws(() => factsOf({ deployment: { resources: [] } }), { code: "EP-CLI-13" });
});
