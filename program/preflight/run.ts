import { type Answer, answerOf, type Row } from "./answer.ts";
import { CHECKS } from "./checks.ts";
import { Context, type Subject } from "./context.ts";

/**
 * Asks every check, side by side.
 *
 * @param progress is told how many checks of how many have their answer
 * @returns the rows in the order of {@link CHECKS}
 */
export async function preflight(
  subject: Subject,
  progress: (done: number, all: number) => void = () => {},
): Promise<Row[]> {
  const context = new Context(subject);
  let done = 0;
  return await Promise.all(
    CHECKS.map(async ({ check, ask }) => {
      const answer: Answer = await answerOf(() => ask(context));
      done += 1;
      progress(done, CHECKS.length);
      return { check, ...answer };
    }),
  );
}
