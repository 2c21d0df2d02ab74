import { test } from "node:test";
import type { ClientCommand } from "./clientContext.ts";
import { asksOncePerLife, outlivesItsTokens } from "./outlives.ts";
import { explainsRefusals } from "./refusals.ts";
import { waitsForItsRole } from "./waits.ts";

/** What every client promises, as the name of its test. */
const PROMISES = {
  "a pool of 5 outlives its tokens": outlivesItsTokens,
  "a token is requested once in its life": asksOncePerLife,
  "it waits for its role": waitsForItsRole,
  "the usual refusals are explained": explainsRefusals,
};
export type Promised = keyof typeof PROMISES;

/**
 * Tests what every client promises.
 * @param client the client's command, which may compile it; called once
 * @param without promises that are not tested
 */
export function testClient(name: string, client: () => ClientCommand, without: readonly Promised[] = []): void {
  let command: ClientCommand | undefined;
  for (const [what, holds] of Object.entries(PROMISES)) {
    if (without.some((each) => each === what)) continue;
    test(`${name}: ${what}`, async () => {
      command ??= client();
      await holds(command);
    });
  }
}
