import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { testClient } from "./promises.ts";

const cwd = join(import.meta.dirname, "../../clients/java");
/** The runs are short: options that shorten the start. */
const FAST_START = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"];

testClient("Java", () => {
  const goals = ["compile", "dependency:copy-dependencies", "-DoutputDirectory=target/libraries"];
  execFileSync("mvn", ["--quiet", "--batch-mode", ...goals], { cwd, stdio: "pipe" });
  return { command: ["java", ...FAST_START, "-cp", "target/classes:target/libraries/*", "clients.Main"], cwd };
});
