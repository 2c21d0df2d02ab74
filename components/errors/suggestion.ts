import { closest, distance } from "fastest-levenshtein";

/** `, did you mean "name"?` for the candidate closest to a mistyped word, or nothing where none is close. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  if (candidates.length === 0) return "";
  const lowerCase = candidates.map((candidate) => candidate.toLowerCase());
  const found = closest(word.toLowerCase(), lowerCase);
  const isClose = distance(word.toLowerCase(), found) <= Math.max(1, Math.floor(word.length / 3));
  return isClose ? `, did you mean "${candidates[lowerCase.indexOf(found)]}"?` : "";
}
