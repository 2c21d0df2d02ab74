import assert from "node:assert/strict";
import { test } from "node:test";
import { commandsIn, problemsOf, settingsOf } from "./settings.ts";

test("addresses become firewall rules, in their order", async () => {
  const { allowedAddresses } = await settingsOf({ allowedAddresses: ["20.1.2.8/29", "20.1.2.3"] });
  assert.deepEqual(
    allowedAddresses.map(({ startIpAddress, endIpAddress }) => [startIpAddress, endIpAddress]),
    [
      ["20.1.2.8", "20.1.2.15"],
      ["20.1.2.3", "20.1.2.3"],
    ],
  );
});

test("an address in the form of a range is neither the one nor the other, and both are proposed", async () => {
  for (const key of ["allowedAddresses", "sshAllowedAddresses"]) {
    const text = await problemsOf({ [key]: ["10.0.0.5/24"] });
    assert.match(
      text,
      new RegExp(
        `${key}\\[0\\] is "10.0.0.5/24"\\s+allowed: 10.0.0.5/32 for the address, or 10.0.0.0/24 for the range`,
      ),
    );
    assert.deepEqual(commandsIn(text), [`pulumi config set --stack test --path '${key}[0]' 10.0.0.5/32`]);
  }
});

test("one range in two entries is one too many, however it is written", async () => {
  for (const same of ["20.1.2.3", "20.1.2.3/32"]) {
    const text = await problemsOf({ allowedAddresses: ["20.1.2.3", "20.1.2.4", same] });
    assert.match(text, /has 1 problem:/);
    assert.match(
      text,
      /allowedAddresses\[2\] is "20\.1\.2\.3.*\s+allowed: each .* once; allowedAddresses\[0\] is the same/,
    );
  }
  // A range may hold an address that has a rule of its own.
  assert.equal((await settingsOf({ allowedAddresses: ["20.1.2.0/24", "20.1.2.0"] })).allowedAddresses.length, 2);
});
