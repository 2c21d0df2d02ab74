import { UserError } from "../../../components/errors/userError.ts";
import { NotAskable } from "../answer.ts";
import type { Context } from "../context.ts";
import { SUBSCRIPTIONS_VERSION } from "../subscription.ts";

/** Seconds that Microsoft Entra lets two clocks differ. Source: Microsoft Learn, "Configurable token lifetimes". */
const TOLERATED = 300;

/** This machine's clock, against the time at which Azure says that it answered. */
export async function checkClock(context: Context): Promise<string> {
  await context.claims;
  const before = context.now();
  const { date } = await context
    .raw("asking Azure for the time", `/subscriptions?api-version=${SUBSCRIPTIONS_VERSION}`)
    .catch((error) => {
      // The row of the subscription reports it.
      if (error instanceof UserError) throw new NotAskable("it needs an answer of Azure");
      throw error;
    });
  if (date === undefined) throw new NotAskable("Azure's answer has no date");
  // The header has whole seconds, and the answer came some time between the two readings of the clock.
  const [early, late] = [before - date - 1000, context.now() - date];
  const seconds = Math.round((early > 0 ? early : Math.min(late, 0)) / 1000);
  if (Math.abs(seconds) > TOLERATED) {
    throw new UserError({
      code: "EP-PREFLIGHT-14",
      step: "comparing the clocks",
      expected: `a clock within ${TOLERATED} seconds of Azure's, ${new Date(date).toISOString()}`,
      found: `one that is ${Math.abs(seconds)} seconds ${seconds > 0 ? "fast" : "slow"}`,
    });
  }
  return `within ${Math.max(1, Math.abs(seconds))} s of Azure's`;
}
