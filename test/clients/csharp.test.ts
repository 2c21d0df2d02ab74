import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { testClient } from "./promises.ts";

const cwd = join(import.meta.dirname, "../../clients/csharp");

testClient("C#", () => {
  execFileSync("dotnet", ["build", "--nologo", "--output", "bin/client"], { cwd, stdio: "pipe" });
  return { command: ["dotnet", "bin/client/Clients.dll"], cwd };
});
