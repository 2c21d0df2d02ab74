/** The oldest CLI the program runs on. */
export const OLDEST_VERSION = "3.250.0";
/** The version that is downloaded or built where no CLI is at hand. */
export const PINNED_VERSION = "3.259.0";

/** A Pulumi CLI found on PATH. */
export interface FoundCli {
  /** The folder that holds `pulumi`, its Node language host and its dynamic provider's launch script. */
  folder: string;
  /** For example `3.259.0`. */
  version: string;
  /** Why it cannot be used, or undefined when it can: every part of it was seen to start. */
  problem?: string;
}

/** What the machine has; the choice is made from this alone. */
export interface Facts {
  onPath?: FoundCli;
  /** The user's cache folder holds a whole CLI of {@link PINNED_VERSION}. */
  cached: boolean;
  /** `npm` is on PATH. */
  npm: boolean;
  /** Version of `go` on PATH, for example `1.26.8`. */
  go?: string;
}

/** A way to a CLI. */
export type Source = "path" | "cache" | "download" | "build";

/** Go that understands the modules' go.mod files; it fetches a newer Go by itself where they ask for one. */
export const OLDEST_GO = "1.21.0";

/** @returns the ways to try, best first; the later ones are for when a download or build fails. Empty when nothing can work. */
export function chooseSources(facts: Facts): Source[] {
  if (facts.onPath && facts.onPath.problem === undefined && isAtLeast(facts.onPath.version, OLDEST_VERSION))
    return ["path"];
  if (facts.cached) return ["cache"];
  const sources: Source[] = [];
  if (facts.npm) sources.push("download");
  if (facts.go !== undefined && isAtLeast(facts.go, OLDEST_GO)) sources.push("build");
  return sources;
}

/** @returns one line on why the CLI on PATH is passed over, or undefined when there is nothing to say. */
export function passedOver(facts: Facts): string | undefined {
  const found = facts.onPath;
  if (!found) return undefined;
  const where = `The Pulumi CLI ${found.version} in ${found.folder}`;
  if (!isAtLeast(found.version, OLDEST_VERSION))
    return `${where} is older than ${OLDEST_VERSION}; getting ${PINNED_VERSION}.`;
  if (found.problem !== undefined) return `${where} cannot be used: ${found.problem}; getting ${PINNED_VERSION}.`;
  return undefined;
}

/** The message when no way led to a CLI. */
export function remedy(facts: Facts, failures: readonly string[]): string {
  const go = facts.go === undefined ? "Go is not installed" : `Go ${facts.go} is older than ${OLDEST_GO}`;
  return [
    `No Pulumi CLI ${OLDEST_VERSION} or newer was found, and none could be had.`,
    ...failures.map((failure) => `  ${failure}`),
    ...(chooseSources({ ...facts, cached: false }).includes("build")
      ? []
      : [`  Building it is not possible here: ${go}.`]),
    "Do one of these and run the command again:",
    "  1. install the Pulumi CLI: https://www.pulumi.com/docs/install/",
    `  2. install Go ${OLDEST_GO.replace(/\.0$/, "")} or newer, https://go.dev/doc/install, and the CLI is built here (about 5 minutes)`,
    `  3. copy pulumi, pulumi-language-nodejs and pulumi-resource-pulumi-nodejs of version ${PINNED_VERSION} from another machine into a folder on PATH`,
    "  code: EP-CLI-01",
  ].join("\n");
}

/** Compares dotted version numbers; what follows a `-` is not looked at. */
export function isAtLeast(version: string, oldest: string): boolean {
  const [a, b] = [numbers(version), numbers(oldest)];
  for (let i = 0; i < 3; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

function numbers(version: string): number[] {
  return (/\d+(\.\d+)*/.exec(version)?.[0] ?? "0").split(".").map(Number);
}
