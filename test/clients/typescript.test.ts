import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { cached } from "../../clients/typescript/entraPool.ts";
import { testClient } from "./promises.ts";

testClient("TypeScript", () => ({
  command: [process.execPath, "main.ts"],
  cwd: join(import.meta.dirname, "../../clients/typescript"),
}));

test("TypeScript: concurrent requests share one token, failures are not cached", async () => {
  let asked = 0;
  const token = cached({
    async getToken() {
      asked += 1;
      const number = asked;
      await turn();
      if (number === 2) throw new Error("no answer");
      return { token: `token ${number}`, expiresOnTimestamp: Date.now() + (number === 1 ? 0 : 3_600_000) };
    },
  });
  assert.equal(await token(), "token 1");
  await assert.rejects(token(), /no answer/, "token 1 has expired");
  assert.deepEqual(await Promise.all(Array.from({ length: 5 }, token)), Array(5).fill("token 3"));
  assert.equal(asked, 3);
});
