import { globSync } from "node:fs";
import { basename, join } from "node:path";

/** Which tests run: `everyday` by `make test`, `all` by `make test-all`, `unit` by `npm run verify`. */
export type Suite = "everyday" | "all" | "unit";

/** The variable that tells a test file its suite. A file that is run alone runs all of its tests. */
export const SUITE_VARIABLE = "TEST_SUITE";

/** Whether this process runs the everyday suite, which leaves the slow rows of a table to `make test-all`. */
export const isEveryday = process.env[SUITE_VARIABLE] === "everyday";

/** Files that `make test` leaves to `make test-all`, each with the everyday test of the same code. */
const THOROUGH: Record<string, string> = {};

/** Needs .NET, which only the machines of the workflow clients.yml have. */
const ELSEWHERE = ["test/clients/csharp.test.ts"];

/** Folders whose tests start neither a server nor the engine, and the files in them that start other programs again and again. */
const UNIT = {
  folders: ["bench", "bootstrap", "delivery", "policies", "program"],
  without: ["explainCli", "federatedToken"],
};

/** The files that take longest: they start first, so that none of them runs alone at the end. */
const LONGEST = ["test/e2e/", "test/faults/", "test/clients/"];

const PROJECT = join(import.meta.dirname, "..");

/** The test files of a suite, in the order in which they start: of `all`, those of `everyday` come first. */
export function filesOf(suite: Suite): string[] {
  const found = globSync("test/**/*.test.ts", { cwd: PROJECT }).filter((file) => !ELSEWHERE.includes(file));
  if (suite === "unit") return found.filter(isUnit).sort();
  const rank = (file: string) => {
    const at = LONGEST.findIndex((folder) => file.startsWith(folder));
    return (file in THOROUGH ? 100 : 0) + (at < 0 ? LONGEST.length : at);
  };
  const everyday = suite === "everyday" ? found.filter((file) => !(file in THOROUGH)) : found;
  return everyday.sort((one, other) => rank(one) - rank(other) || one.localeCompare(other));
}

function isUnit(file: string): boolean {
  const [, folder = ""] = file.split("/");
  return UNIT.folders.includes(folder) && !UNIT.without.includes(basename(file, ".test.ts"));
}
