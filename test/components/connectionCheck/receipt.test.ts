import assert from "node:assert/strict";
import { test } from "node:test";
import { readReceipt } from "../../../components/connectionCheck/receipt.ts";
import { CLIENT_ID, RECEIPT_LINE } from "../../harness/mocks.ts";

const expected = { user: "orders", objectId: "AAAAAAAA-0000-0000-0000-000000000001", clientId: CLIENT_ID };

test("the receipt is the last line of what the VM printed", () => {
  assert.equal(readReceipt(`booting\n${RECEIPT_LINE}\n`, expected).serverVersion, "17.4");
});

test("everything that is not as expected is named", () => {
  const other = JSON.stringify({ ...JSON.parse(RECEIPT_LINE), objectId: "x", isAdmin: true });
  assert.throws(
    () => readReceipt(other, { ...expected, user: "billing" }),
    /logged in as "orders", expected "billing"\n {2}acts as "orders", expected "billing"\n {2}object id x, expected .*\n {2}the role can administer the server/,
  );
});

test("a proof without a receipt says so and does not repeat the output", () => {
  assert.throws(
    () => readReceipt("secret-looking noise", expected),
    (error: Error) => {
      assert.match(error.message, /without a receipt/);
      assert.doesNotMatch(error.message, /noise/);
      return true;
    },
  );
});
