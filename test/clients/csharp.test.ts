import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { asksOncePerLife, outlivesItsTokens } from "./outlives.ts";
import { explainsRefusals } from "./refusals.ts";
import { waitsForItsRole } from "./waits.ts";

const cwd = join(import.meta.dirname, "../../clients/csharp");

let built = false;
/** The client, compiled. */
function client(): { command: [string, ...string[]]; cwd: string } {
  if (!built) {
    execFileSync("dotnet", ["build", "--nologo", "--output", "bin/client"], { cwd, stdio: "pipe" });
    built = true;
  }
  return { command: ["dotnet", "bin/client/Clients.dll"], cwd };
}

test("C#: a pool of 5 outlives its tokens", () => outlivesItsTokens(client()));
test("C#: a token is asked for once in its life", () => asksOncePerLife(client()));
test("C#: the usual refusals are explained", () => explainsRefusals(client()));
test("C#: it waits for its role", () => waitsForItsRole(client()));
