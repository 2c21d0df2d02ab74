import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { asksOncePerLife, outlivesItsTokens } from "./outlives.ts";
import { explainsRefusals } from "./refusals.ts";
import { waitsForItsRole } from "./waits.ts";

const cwd = join(import.meta.dirname, "../../clients/java");

let built = false;
/** The client, compiled, with its libraries beside it. */
function client(): { command: [string, ...string[]]; cwd: string } {
  if (!built) {
    const goals = ["compile", "dependency:copy-dependencies", "-DoutputDirectory=target/libraries"];
    execFileSync("mvn", ["--quiet", "--batch-mode", ...goals], { cwd, stdio: "pipe" });
    built = true;
  }
  // These runs are short: what counts is the start.
  return {
    command: [
      "java",
      "-XX:TieredStopAtLevel=1",
      "-XX:+UseSerialGC",
      "-cp",
      "target/classes:target/libraries/*",
      "clients.Main",
    ],
    cwd,
  };
}

test("Java: a pool of 5 outlives its tokens", () => outlivesItsTokens(client()));
test("Java: a token is asked for once in its life", () => asksOncePerLife(client()));
test("Java: the usual refusals are explained", () => explainsRefusals(client()));
test("Java: it waits for its role", () => waitsForItsRole(client()));
