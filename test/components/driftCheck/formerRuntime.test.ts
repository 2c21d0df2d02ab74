import assert from "node:assert/strict";
import { test } from "node:test";

for (const runtime of ["entra-postgres/firewall-guard-runtime", "entra-postgres/administrator-guard-runtime"]) {
  test(`a refresh of a state that names ${runtime} says how to go on`, async () => {
    await assert.rejects((await import(runtime)).read(), /`pulumi up` once without --refresh[\s\S]*EP-DRIFT-05$/);
  });
}
