import assert from "node:assert/strict";
import { FaultContext } from "./context.ts";
import type { SeenMessage } from "./cutting.ts";
import type { Measure } from "./report.ts";

const isCommit = ({ type, text }: SeenMessage) => type === "Query" && text === "COMMIT";
const isCommitted = ({ type, text }: SeenMessage) => type === "CommandComplete" && text === "COMMIT";

/** One way in which a client does not learn what became of its COMMIT. */
interface Variant {
  name: string;
  matches: (message: SeenMessage) => boolean;
  /** Whether the network stays dead until the deadline is over, so that the operation cannot look for itself. */
  staysDead: boolean;
}

const VARIANTS: Variant[] = [
  { name: "lost on its way, then the network is back", matches: isCommit, staysDead: false },
  { name: "its reply lost, then the network is back", matches: isCommitted, staysDead: false },
  { name: "lost on its way, and the network stays dead", matches: isCommit, staysDead: true },
  { name: "its reply lost, and the network stays dead", matches: isCommitted, staysDead: true },
];

/** What came of the repetitions. */
export interface InDoubtResult {
  repetitions: number;
  wrong: string[];
}

/** Creates a role again and again while COMMIT or its reply is lost, each variant in turn, and holds what is said against what is. */
export async function inDoubt(context: FaultContext, repetitions: number): Promise<InDoubtResult> {
  const wrong: string[] = [];
  for (let at = 0; at < repetitions; at += 1) {
    const variant = VARIANTS[at % VARIANTS.length] as Variant;
    try {
      await once(context, variant);
    } catch (error) {
      wrong.push(`${variant.name}: ${(error as Error).message}`);
      await context.reset();
    }
  }
  return { repetitions, wrong };
}

async function once(context: FaultContext, { matches, staysDead }: Variant): Promise<void> {
  const inputs = context.inputs(context.identity(), staysDead ? { deadlineSeconds: 1 } : {});
  const stack = context.stack();
  context.cutter.reset();
  const onCut = () => {
    if (staysDead) {
      context.cutter.mode = "refuse";
    }
  };
  context.cutter.cuts = [{ matches, action: "reset", onCut }];
  if (staysDead) {
    await context.failure(stack.up(inputs));
    assert.ok(stack.state?.initErrors, "the state does not hold the role that may exist");
    assert.equal(stack.state.id, `localhost/${inputs.roleName}`);
  } else {
    await stack.up(inputs);
    assert.equal(
      stack.state?.outputs.message,
      `Created role for "${inputs.roleName}"`,
      "the operation did not recognise its own commit",
    );
  }
  // Without a refresh: the state alone has to be enough.
  context.cutter.reset();
  await stack.up(inputs);
  await context.matchesInputs(stack, inputs);
  assert.equal(await stack.preview(inputs), "same");
  assert.deepEqual(await context.roles(), [inputs.roleName]);
  await stack.destroy();
}

/** The exact (Clopper-Pearson) upper bound at 95 % for the share of wrong outcomes, when none of n was wrong. */
export function upperBound(n: number): number {
  return 1 - 0.05 ** (1 / n);
}

/** The whole of it, as a measure of `make faults`. */
export async function measureInDoubt(): Promise<Omit<Measure, "name">> {
  const context = await FaultContext.open();
  try {
    const { repetitions, wrong } = await inDoubt(context, 400);
    return {
      what: "creates whose COMMIT, or the reply to it, is lost; half of them with a network that stays dead until the deadline",
      tried: repetitions,
      asTheyShould: repetitions - wrong.length,
      notes: [
        wrong.length === 0
          ? `0 wrong outcomes; 95 % upper bound ${(upperBound(repetitions) * 100).toFixed(2)} %`
          : `${wrong.length} wrong outcomes`,
        ...wrong.slice(0, 5),
      ],
    };
  } finally {
    await context.close();
  }
}
