// `make probe STACK=dev`: asks the deployment of a stack for every row of the ledger that can be asked, and writes docs/records/<date>.json.
import { execFile } from "node:child_process";
import { parseArgs, promisify } from "node:util";
import { askSql } from "./ask/sql.ts";
import { askProbe } from "./askProbe.ts";
import { factsOf, NotAskable } from "./facts.ts";
import { readLedger } from "./ledger.ts";
import { writePage } from "./page.ts";
import { RECORDS, writeRecord } from "./record.ts";
import { runProbes } from "./runProbes.ts";

const { values: options } = parseArgs({
  options: {
    stack: { type: "string", default: "dev" },
    /** Folder of the record. @default docs/records on Azure, none on the sandbox */
    record: { type: "string" },
    /** Asks only the rows whose id begins so, and writes no record by itself. */
    only: { type: "string", default: "" },
    /** Also asks what takes the server's firewall rules away for up to some minutes. */
    firewall: { type: "boolean", default: false },
  },
});

try {
  process.exitCode = await main();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}

/** @returns 0 when every row that was asked is as the ledger says, 7 when one differs, 1 when a probe failed */
async function main(): Promise<number> {
  const { stdout } = await promisify(execFile)("pulumi", ["stack", "export", "--stack", options.stack], {
    maxBuffer: 2 ** 28,
  });
  const facts = factsOf(JSON.parse(stdout));
  const onAzure = !/^(localhost|127\.)/.test(facts.host);
  const rows = readLedger()
    .flatMap((section) => section.rows)
    .filter(({ id }) => id.startsWith(options.only));
  const results = await runProbes(rows, facts, ask, console.log);

  const count = (wanted: string) => results.filter(({ result }) => result === wanted).length;
  const counts = (["confirmed", "differs", "not askable", "failed"] as const).map((each) => `${count(each)} ${each}`);
  console.log(`\n${results.length} asked of ${rows.length} rows: ${counts.join(", ")}.`);
  const folder = options.record ?? (onAzure && options.only === "" ? RECORDS : undefined);
  if (folder !== undefined) {
    const [postgres, { location }] = [await version(facts), facts];
    const date = new Date().toISOString().slice(0, 10);
    const file = writeRecord({ date, from: onAzure ? "azure" : "sandbox", postgres, location, results }, folder);
    console.log(`Written: ${file}`);
    if (folder === RECORDS) writePage();
  }
  if (count("failed") > 0) return 1;
  return count("differs") > 0 ? 7 : 0;
}

async function ask(...[probe, facts, signal]: Parameters<typeof askProbe>): Promise<string> {
  if ("delay" in probe && probe.delay === "firewall" && !options.firewall) {
    throw new NotAskable("it takes the server's firewall rules away for a while: ask with --firewall");
  }
  return askProbe(probe, facts, signal);
}

async function version(facts: Parameters<typeof askSql>[1]): Promise<string> {
  const statements = "SELECT current_setting('server_version_num')::int / 10000";
  return await askSql({ statements }, facts, AbortSignal.timeout(60_000)).catch(() => "unknown");
}
