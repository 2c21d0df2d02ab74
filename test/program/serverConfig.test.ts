import assert from "node:assert/strict";
import { test } from "node:test";
import { commandsIn, problemsOf, settingsOf } from "./settings.ts";

test("storage has the sizes of Azure's disks, and the next one up is proposed", async () => {
  for (const size of ["32", "4095", "32767"]) {
    assert.equal((await settingsOf({ storageSizeGb: size })).server.storageSizeGb, Number(size));
  }
  for (const [size, next] of [
    ["33", "64"],
    ["4000", "4095"],
    ["16", "32"],
    ["40000", "32"],
    ["plenty", "32"],
  ]) {
    const text = await problemsOf({ storageSizeGb: size });
    assert.match(
      text,
      /storageSizeGb is .*\s+allowed: 32, 64, 128, 256, 512, 1024, 2048, 4095, 4096, 8192, 16384, 32767$/m,
    );
    assert.deepEqual(commandsIn(text), [`pulumi config set --stack test storageSizeGb ${next}`]);
  }
});

test("a size that no tier has is told beside a wrong tier and a wrong environment", async () => {
  for (const config of [{ serverTier: "Small" }, { environment: "production" }]) {
    const text = await problemsOf({ serverSku: "Standard_Foo", ...config });
    assert.match(text, /has 2 problems/);
    assert.match(text, /serverSku is "Standard_Foo"\s+allowed: a compute size/);
  }
});

test("sizes of every tier are taken", async () => {
  for (const [serverTier, serverSku] of [
    ["Burstable", "Standard_B20ms"],
    ["GeneralPurpose", "Standard_D2s_v3"],
    ["GeneralPurpose", "Standard_D96ads_v5"],
    ["GeneralPurpose", "Standard_DC4ads_v5"],
    ["MemoryOptimized", "Standard_EC8ads_v5"],
  ] as const) {
    assert.equal((await settingsOf({ serverTier, serverSku })).server.skuName, serverSku);
  }
});

test("nothing is held against a default of an environment that is none", async () => {
  const text = await problemsOf({
    environment: "production",
    serverSku: "Standard_B1ms",
    highAvailability: "Disabled",
    allowedAddresses: ["20.1.2.3"],
  });
  assert.match(text, /has 1 problem:/);
});
