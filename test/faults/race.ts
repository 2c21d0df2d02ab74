import assert from "node:assert/strict";
import { FaultContext } from "./context.ts";
import type { Measure } from "./report.ts";

/** Two stacks make one role at the same moment: with one identity and with two. Answers what went wrong. */
export async function race(context: FaultContext, rounds: number): Promise<string[]> {
  const wrong: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    try {
      await once(context, round % 2 === 0);
    } catch (error) {
      wrong.push((error as Error).message);
      await context.reset();
    }
  }
  return wrong;
}

async function once(context: FaultContext, sameIdentity: boolean): Promise<void> {
  const identity = context.identity();
  const other = sameIdentity ? identity : context.identity(identity.displayName);
  const racers = [identity, other].map((one, at) => ({
    stack: context.stack(),
    inputs: context.inputs(one, { owner: `urn:pulumi:stack-${at}::faults::app` }),
  }));
  const results = await Promise.allSettled(racers.map(({ stack, inputs }) => stack.up(inputs)));
  const winner = results.findIndex(({ status }) => status === "fulfilled");
  const loser = results.findIndex(({ status }) => status === "rejected");
  assert.ok(winner >= 0 && loser >= 0, `not exactly one won: ${results.map(({ status }) => status).join(", ")}`);
  const [won, lost] = [racers[winner], racers[loser]];
  assert.ok(won && lost);
  const { reason } = results[loser] as PromiseRejectedResult;
  const message = await context.failure(Promise.reject(reason));
  assert.match(message, new RegExp(`a role that ${won.inputs.owner} manages`));
  assert.equal(lost.stack.state, undefined);
  assert.equal(await context.boundTo(won.inputs.roleName), won.inputs.objectId, "a foreign binding");
  await lost.stack.destroy();
  await context.converges(won.stack, won.inputs);
  await won.stack.destroy();
}

/** The whole of it, as a measure of `make faults`. */
export async function measureRace(): Promise<Omit<Measure, "name">> {
  const context = await FaultContext.open();
  try {
    const rounds = 200;
    const wrong = await race(context, rounds);
    return {
      what: "two stacks make one role at the same moment, with one identity and with two of one name",
      tried: rounds,
      asTheyShould: rounds - wrong.length,
      notes: ["one wins, the other names it, 0 foreign adoptions", ...wrong.slice(0, 5)].slice(
        wrong.length > 0 ? 1 : 0,
      ),
    };
  } finally {
    await context.close();
  }
}
