import { join } from "node:path";
import { test } from "node:test";
import { asksOncePerLife, explainsRefusals, outlivesItsTokens } from "./outlives.ts";

const client = {
  command: [process.execPath, "main.ts"] as [string, string],
  cwd: join(import.meta.dirname, "../../clients/typescript"),
};

test("TypeScript: a pool of 5 outlives its tokens", () => outlivesItsTokens(client));
test("TypeScript: a token is asked for once in its life", () => asksOncePerLife(client));
test("TypeScript: the usual refusals are explained", () => explainsRefusals(client));
