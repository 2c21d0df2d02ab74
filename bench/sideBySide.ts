/** One of two ways to do the same. */
export interface Way {
  name: string;
  run: () => Promise<unknown>;
}

/** Two ways that are measured side by side. */
export interface Comparison {
  /** What both do. */
  what: string;
  /** The second is told as a ratio to the first. */
  ways: [Way, Way];
  /** Measured runs of each; each has one before them that does not count. */
  runs: number;
}

/** What was measured of one way, in milliseconds. */
export interface Measured {
  name: string;
  median: number;
  least: number;
  most: number;
}

/** What was measured of two ways. */
export interface Result {
  what: string;
  runs: number;
  ways: [Measured, Measured];
  /** Median of the second over median of the first. */
  ratio: number;
}

/**
 * Measures two ways in turn, run by run, so that whatever else the machine does meets both.
 * @param now a monotonic clock in milliseconds
 * @param onRun told before each pair of measured runs, counted from 1
 */
export async function sideBySide(
  { what, ways, runs }: Comparison,
  now: () => number = () => performance.now(),
  onRun: (run: number) => void = () => {},
): Promise<Result> {
  const [first, second] = ways;
  const times: [number[], number[]] = [[], []];
  await first.run();
  await second.run();
  for (let run = 0; run < runs; run++) {
    onRun(run + 1);
    times[0].push(await timed(first, now));
    times[1].push(await timed(second, now));
  }
  const measured: [Measured, Measured] = [summed(first.name, times[0]), summed(second.name, times[1])];
  return { what, runs, ways: measured, ratio: measured[1].median / measured[0].median };
}

async function timed(way: Way, now: () => number): Promise<number> {
  const begun = now();
  await way.run();
  return now() - begun;
}

function summed(name: string, times: readonly number[]): Measured {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  const middle = Math.floor(sorted.length / 2);
  const median = sorted.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2;
  return { name, median, least: at(0), most: at(sorted.length - 1) };
}

/** The results as a table in Markdown. */
export function table(results: readonly Result[]): string {
  const cell = ({ name, median, least, most }: Measured) =>
    `${name}: ${shown(median)} (${shown(least)} to ${shown(most)})`;
  return [
    "| what | first | second | second : first | runs each |",
    "| --- | --- | --- | --- | --- |",
    ...results.map(
      ({ what, ways, ratio, runs }) =>
        `| ${what} | ${cell(ways[0])} | ${cell(ways[1])} | ${ratio.toFixed(2)} | ${runs} |`,
    ),
  ].join("\n");
}

function shown(milliseconds: number): string {
  return milliseconds >= 1000 ? `${(milliseconds / 1000).toFixed(1)} s` : `${milliseconds.toFixed(1)} ms`;
}
