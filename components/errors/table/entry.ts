/** What an error of one code means, for every place that it can come from. */
export interface ErrorEntry {
  /** The problem in one line, without a period. */
  title: string;
  /** What it means: the fact of Azure, PostgreSQL or this project behind it. */
  meaning: string;
  /** What to do next, with commands where there are any. */
  next: string;
  /** What in the outside world leads to it; missing where only our own checks do. */
  outside?: readonly OutsideError[];
}

/** What was being done when another program reported an error; the same code means different things at different times. */
export type Phase = "token" | "connect" | "statement" | "commit" | "azure";

/** An error of another program, by the firmest sign that it gives: a code where it has one, its text as the last resort. */
export type OutsideError = { phase?: Phase } & (
  | { sqlState: string | readonly string[]; text?: RegExp }
  | { aadsts: string | readonly string[] }
  | { arm: string | readonly string[]; text?: RegExp }
  | { node: string | readonly string[] }
  | { http: string | readonly string[] }
  | { text: RegExp }
);

/** Entries of one area, by code: `EP-<AREA>-<nn>`. A number is never given to another meaning. */
export type ErrorTable = { readonly [code: `EP-${string}-${number}`]: ErrorEntry };
