import { join } from "node:path";
import { test } from "node:test";
import { asksOncePerLife, outlivesItsTokens } from "./outlives.ts";
import { explainsRefusals } from "./refusals.ts";
import { waitsForItsRole } from "./waits.ts";

const client = {
  command: ["sh", "connect.sh"] as [string, string],
  cwd: join(import.meta.dirname, "../../clients/shell"),
};

test("shell: psql again and again outlives its tokens", () => outlivesItsTokens(client));
test("shell: a token is asked for once in its life", () => asksOncePerLife(client));
test("shell: the usual refusals are explained", () => explainsRefusals(client));
test("shell: it waits for its role", () => waitsForItsRole(client));
