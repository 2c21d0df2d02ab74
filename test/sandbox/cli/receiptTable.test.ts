import assert from "node:assert/strict";
import { test } from "node:test";
import { connectionTable, receiptTable } from "../../../sandbox/cli/receiptTable.ts";

test("the receipt is a table in a fixed order, with units and words", () => {
  const receipt = {
    isAdmin: false,
    tokenSecondsLeft: 86_399,
    sessionUser: "app-vm",
    secondsTaken: 1.2,
    tlsVersion: "TLSv1.3",
  };
  assert.deepEqual(receiptTable(receipt).split("\n"), [
    "  Logged in as     app-vm",
    "  TLS              TLSv1.3",
    "  Token valid for  23 h 59 min",
    "  Administrator    no",
    "  Time taken       1.2 s",
  ]);
});

test("a field the table does not know is shown, not dropped", () => {
  assert.match(receiptTable({ sessionUser: "app-vm", region: "northeurope" }), /^ {2}region {8}northeurope$/m);
});

test("a value of several lines stays in its column", () => {
  assert.equal(
    receiptTable({ allowed: ["one", "two"], isAdmin: true })
      .split("\n")
      .slice(-2)
      .join("\n"),
    "  Allowed        one\n                 two",
  );
});

test("of a connection there is what every client needs, and the names of its forms", () => {
  assert.equal(
    connectionTable({ psql: "line one\nline two\n", port: 5432, jdbc: "jdbc:…" }),
    "  port        5432\n  as well as  psql, jdbc",
  );
});

test("an absent value is a dash", () => {
  assert.equal(receiptTable({ clientId: null }), "  Client id  -");
});
