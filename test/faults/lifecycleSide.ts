import type { PrincipalInputs } from "../../components/principal/inputs.ts";
import type { Side } from "./engineCommands.ts";
import { Stack, type StoredResource } from "./stack.ts";
import { type ScriptedInputs, scripted } from "./stackProgram/scripted.ts";

/** What stands in for the engine, on the provider that does as a script says. */
export function emulatorSide(dir: string): Side {
  const stack = new Stack(scripted);
  const value = (held: unknown) => (held as ScriptedInputs).value;
  const kept = ({ id, inputs, outputs, initErrors }: StoredResource) => ({
    state: { id, inputs: value(inputs), outputs: value(outputs), initErrors },
  });
  return {
    dir,
    run: async (verb, given) => {
      const inputs = given as unknown as PrincipalInputs;
      const run = {
        up: () => stack.up(inputs),
        upRefresh: () => stack.up(inputs, { refresh: true }),
        refresh: () => stack.refresh(),
        destroy: () => stack.destroy(),
      }[verb];
      const succeeded = await run().then(
        () => true,
        (error: Error) => {
          if (!error.message.includes("as the script says")) throw error;
          return false;
        },
      );
      return succeeded;
    },
    state: () => ({ ...(stack.state && kept(stack.state)), pendingDeletes: stack.pendingDeletes.map(({ id }) => id) }),
  };
}
