import { globSync } from "node:fs";
import { basename, join } from "node:path";

/** Which tests run: `everyday` by `make test`, `all` by `make test-all`, `unit` by `npm run verify`. */
export type Suite = "everyday" | "all" | "unit";

/** The variable that tells a test file its suite. A file that is run alone runs all of its tests. */
export const SUITE_VARIABLE = "TEST_SUITE";

/** Whether this process runs the everyday suite, which leaves the slow rows of a table to `make test-all`. */
export const isEveryday = process.env[SUITE_VARIABLE] === "everyday";

/** Files that `make test` leaves to `make test-all`, each with the everyday test of the same code. */
const THOROUGH: Record<string, string> = {
  "test/clients/java.test.ts": "typescript.test.ts holds the same promises, connectionForms.test.ts logs in from Java",
  "test/clients/python.test.ts":
    "typescript.test.ts holds the same promises, connectionForms.test.ts logs in from Python",
  "test/e2e/apps.test.ts": "rights.test.ts holds the rights of each profile, accessGuard.test.ts each refusal",
  "test/e2e/changes.test.ts":
    "rights.test.ts changes profiles, schemaAccess18.test.ts renames, adopts and deletes schemas",
  "test/e2e/delivery.test.ts": "test/delivery reads recorded events, ciCommand.test.ts runs the jobs",
  "test/e2e/environments.test.ts": "stack.test.ts brings up one environment, test/program holds the defaults of all",
  "test/e2e/examples.test.ts": "test/examples registers the programs, test/components holds what they are made of",
  "test/e2e/existing.test.ts":
    "test/components/existing finds, adds and gives back, test/program holds what is refused",
  "test/e2e/extensions.test.ts": "flexibleServer.test.ts refuses what is not allowed, test/program sets the parameter",
  "test/e2e/harshAzure.test.ts":
    "stack.test.ts is the same on a gentle Azure, harshServer.test.ts and servers.test.ts hold each switch",
  "test/e2e/networkChange.test.ts": "network.test.ts of the emulator refuses the move, stack.test.ts replaces a VM",
  "test/e2e/package.test.ts": "test/tools/package.test.ts holds the published package.json and what states name",
  "test/e2e/probe.test.ts": "test/sandbox/ledger asks a server by SQL and gives every probe a wrong answer",
  "test/e2e/providers.test.ts": "test/sandbox/azure calls the emulators without the engine",
  "test/e2e/sandboxCommands.test.ts": "ciCommand.test.ts and sandboxStops.test.ts run the sandbox's commands",
  "test/e2e/schemas.test.ts": "rights.test.ts makes and deletes a schema, accessGuard.test.ts refuses each foreign one",
  "test/migrations/migrations.test.ts":
    "schemaAccess18.test.ts holds what a migrator may do, connectionForms.test.ts logs in from the same clients",
};

/** Needs .NET, which only the machines of the workflow clients.yml have. */
const ELSEWHERE = ["test/clients/csharp.test.ts"];

/** Folders whose tests start neither a server nor the engine, and the files in them that start other programs again and again. */
const UNIT = {
  folders: ["bench", "bootstrap", "delivery", "policies", "program"],
  without: ["explainCli", "federatedToken", "moveState"],
};

/** The files that take longest: they start first, so that none of them runs alone at the end. */
const LONGEST = ["test/e2e/", "test/faults/", "test/clients/", "test/migrations/"];

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
