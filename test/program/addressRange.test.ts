import assert from "node:assert/strict";
import { test } from "node:test";
import { addressRange, isExample, rangeWithHostBits } from "../../program/config/addressRange.ts";

test("an address is a range of one, a CIDR range has a first and a last address", () => {
  assert.deepEqual(addressRange("20.1.2.3"), {
    name: "allow-20-1-2-3",
    startIpAddress: "20.1.2.3",
    endIpAddress: "20.1.2.3",
  });
  assert.deepEqual(addressRange("20.1.2.9/29"), {
    name: "allow-20-1-2-9-29",
    startIpAddress: "20.1.2.8",
    endIpAddress: "20.1.2.15",
  });
});

test("other texts and the whole Internet have no range", () => {
  for (const text of ["", "localhost", "300.1.1.1", "1.2.3", "::1", "1.2.3.4/33", "0.0.0.0/0", "1.0.0.0/7"]) {
    assert.equal(addressRange(text), undefined, text);
  }
});

test("addresses from the blocks for documentation are examples", () => {
  assert.deepEqual(["203.0.113.10", "198.51.100.0/24", "20.1.2.3"].map(isExample), [true, true, false]);
});

test("a range that begins with another address than its first has two meanings", () => {
  assert.deepEqual(rangeWithHostBits("10.0.0.5/24"), { address: "10.0.0.5", range: "10.0.0.0/24" });
  for (const text of ["10.0.0.0/24", "10.0.0.5", "10.0.0.5/32", "localhost", "10.0.0.5/1"]) {
    assert.equal(rangeWithHostBits(text), undefined, text);
  }
});
