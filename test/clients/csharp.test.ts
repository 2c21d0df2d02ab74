import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { asksOncePerLife, outlivesItsTokens } from "./outlives.ts";
import { explainsRefusals } from "./refusals.ts";
import { testWith } from "./requirement.ts";
import { waitsForItsRole } from "./waits.ts";

const cwd = join(import.meta.dirname, "../../clients/csharp");
// Only the machines of the workflow clients.yml have .NET; there it is required.
const dotnet = { command: "dotnet", args: ["--version"], requiredInCi: process.env.CLIENTS_REQUIRED === "csharp" };

let built = false;
/** The client, compiled. */
function client(): { command: [string, ...string[]]; cwd: string } {
  if (!built) {
    execFileSync("dotnet", ["build", "--nologo", "--output", "bin/client"], { cwd, stdio: "pipe" });
    built = true;
  }
  return { command: ["dotnet", "bin/client/Clients.dll"], cwd };
}

testWith(dotnet, "C#: a pool of 5 outlives its tokens", () => outlivesItsTokens(client()));
testWith(dotnet, "C#: a token is asked for once in its life", () => asksOncePerLife(client()));
testWith(dotnet, "C#: the usual refusals are explained", () => explainsRefusals(client()));
testWith(dotnet, "C#: it waits for its role", () => waitsForItsRole(client()));
