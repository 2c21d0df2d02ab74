/** Something the user can put right: its message says what was met and what to do next, and is printed without a stack trace. */
export class Problem extends Error {
  override name = "Problem";
}
