import { type Facts, NotAskable } from "./facts.ts";
import type { LedgerRow } from "./ledger.ts";
import { isExpected, type Probe } from "./probe.ts";
import { redact } from "./redact.ts";

/** Seconds for one probe: a change of the firewall may take five minutes each way. */
const TIMEOUT = 900;
/** Characters of an answer that are kept. */
const KEPT = 400;

/** What became of a probe. */
export interface ProbeResult {
  id: string;
  result: "confirmed" | "differs" | "not askable" | "failed";
  /** The answer, or the reason, without anything secret or personal. */
  found: string;
}

/** How {@link runProbes} asks; a test has its own. */
export type Ask = (probe: Probe, facts: Facts, signal: AbortSignal) => Promise<string>;

/** Asks one probe after the other; one that fails does not keep the others from being asked. */
export async function runProbes(
  rows: readonly LedgerRow[],
  facts: Facts,
  ask: Ask,
  log: (line: string) => void,
): Promise<ProbeResult[]> {
  const asked = rows.flatMap(({ id, probe }) => (probe ? [{ id, probe }] : []));
  const results: ProbeResult[] = [];
  for (const [index, { id, probe }] of asked.entries()) {
    const one = { ...facts, probe: `${facts.probe}_${index}` };
    const result = { id, ...(await outcome(probe, one, ask)) };
    results.push(result);
    log(`${String(index + 1).padStart(3)}/${asked.length}  ${result.result.padEnd(11)}  ${id}`);
    if (result.result === "differs") log(`  the ledger says: ${probe.answer}`);
    if (result.result !== "confirmed") log(`  found: ${result.found}`);
  }
  return results;
}

async function outcome(probe: Probe, facts: Facts, ask: Ask): Promise<Omit<ProbeResult, "id">> {
  try {
    const found = redact(await ask(probe, facts, AbortSignal.timeout(TIMEOUT * 1000)), facts);
    return { result: isExpected(probe, found) ? "confirmed" : "differs", found: kept(found) };
  } catch (error) {
    const result = error instanceof NotAskable ? "not askable" : "failed";
    return { result, found: kept(redact(error instanceof Error ? error.message : String(error), facts)) };
  }
}

function kept(text: string): string {
  return text.length <= KEPT ? text : `${text.slice(0, KEPT)}…`;
}
