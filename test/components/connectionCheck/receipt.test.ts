import assert from "node:assert/strict";
import { test } from "node:test";
import { readReceipt } from "../../../components/connectionCheck/receipt.ts";
import { CLIENT_ID, RECEIPT_LINE } from "../../harness/mocks.ts";

const expected = { user: "orders", objectId: "AAAAAAAA-0000-0000-0000-000000000001", clientId: CLIENT_ID, tried: [] };

test("the receipt is the last line of what the VM printed", () => {
  assert.equal(readReceipt(`booting\n${RECEIPT_LINE}\n`, expected).serverVersion, "17.4");
});

test("every value that differs is named", () => {
  const other = JSON.stringify({ ...JSON.parse(RECEIPT_LINE), objectId: "x", isAdmin: true });
  assert.throws(
    () => readReceipt(other, { ...expected, user: "billing" }),
    /login as "billing"; .* acts as "billing"; object id AAAA.*\n.*"orders"; "orders"; x; one that can administer .*\n.*\n.*EP-CHECK-10$/,
  );
});

test("a test without a receipt does not repeat its output", () => {
  assert.throws(
    () => readReceipt("secret-looking noise", expected),
    (error: Error) => {
      assert.match(error.message, /EP-CHECK-09/);
      assert.doesNotMatch(error.message, /noise/);
      return true;
    },
  );
});

test("each outcome of the receipt is named and compared with the expected one", () => {
  const tried = [
    { what: "read", expected: "allowed" as const },
    { what: "write", expected: "denied" as const },
    { what: "connect", expected: "denied" as const },
  ];
  const printed = (outcomes: string) => JSON.stringify({ ...JSON.parse(RECEIPT_LINE), outcomes });
  const { allowed, denied } = readReceipt(printed("add"), { ...expected, tried });
  assert.deepEqual({ allowed, denied }, { allowed: ["read"], denied: ["write", "connect"] });
  for (const outcomes of ["", "ad", "aad", "addd"]) {
    assert.throws(
      () => readReceipt(printed(outcomes), { ...expected, tried }),
      /outcomes add of .*[\s\S]*EP-CHECK-10$/,
    );
    assert.equal(readReceipt(printed(outcomes), { ...expected, tried, mayBeEarlier: true }).allowed.length, 1);
  }
});
