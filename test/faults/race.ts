import assert from "node:assert/strict";
import { World } from "./context.ts";
import type { Measure } from "./report.ts";

/** Two stacks make one role at the same moment: with one identity and with two. Answers what went wrong. */
export async function race(world: World, rounds: number): Promise<string[]> {
  const wrong: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    try {
      await once(world, round % 2 === 0);
    } catch (error) {
      wrong.push((error as Error).message);
      await world.reset();
    }
  }
  return wrong;
}

async function once(world: World, sameIdentity: boolean): Promise<void> {
  const identity = world.identity();
  const other = sameIdentity ? identity : world.identity(identity.displayName);
  const racers = [identity, other].map((one, at) => ({
    stack: world.stack(),
    inputs: world.inputs(one, { owner: `urn:pulumi:stack-${at}::faults::app` }),
  }));
  const results = await Promise.allSettled(racers.map(({ stack, inputs }) => stack.up(inputs)));
  const winner = results.findIndex(({ status }) => status === "fulfilled");
  const loser = results.findIndex(({ status }) => status === "rejected");
  assert.ok(winner >= 0 && loser >= 0, `not exactly one won: ${results.map(({ status }) => status).join(", ")}`);
  const [won, lost] = [racers[winner], racers[loser]];
  assert.ok(won && lost);
  const { reason } = results[loser] as PromiseRejectedResult;
  const message = await world.failure(Promise.reject(reason));
  assert.match(message, new RegExp(`a role that ${won.inputs.owner} manages`));
  assert.equal(lost.stack.state, undefined);
  assert.equal(await world.boundTo(won.inputs.roleName), won.inputs.objectId, "a foreign binding");
  await lost.stack.destroy();
  await world.converges(won.stack, won.inputs);
  await won.stack.destroy();
}

/** The whole of it, as a measure of `make faults`. */
export async function measureRace(): Promise<Omit<Measure, "name">> {
  const world = await World.open();
  try {
    const rounds = 200;
    const wrong = await race(world, rounds);
    return {
      what: "two stacks make one role at the same moment, with one identity and with two of one name",
      tried: rounds,
      asTheyShould: rounds - wrong.length,
      notes: ["one wins, the other names it, 0 foreign adoptions", ...wrong.slice(0, 5)].slice(
        wrong.length > 0 ? 1 : 0,
      ),
    };
  } finally {
    await world.close();
  }
}
