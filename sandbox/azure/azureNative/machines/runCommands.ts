import { listAt, textAt } from "../../properties/values.ts";
import type { Props } from "../../providerHost.ts";
import type { ArmContext } from "../engine/armContext.ts";
import { armError } from "../engine/armError.ts";
import { nameInId } from "../engine/armId.ts";
import type { Behaviour } from "../engine/behaviour.ts";
import { RUN_COMMAND } from "../resourceTypes.ts";

/** Bytes of each stream that the instance view keeps, counted from the end. Source: Azure's documentation of Run
 * Command, its restrictions. */
const KEPT_BYTES = 4096;
/** Default limit of a script, in seconds. Source: the same. */
const DEFAULT_TIMEOUT = 90 * 60;

/**
 * Managed run commands: the script really runs on the virtual machine, when the resource is made and at each change.
 *
 * The answer has no instance view, as on Azure, where only `$expand=instanceView` brings it. A script that fails is no failure of the
 * resource unless treatFailureAsDeploymentFailure is true. Parameters reach the script as environment variables, as Azure's handler for
 * Linux passes those with a name.
 */
export function runCommands(context: ArmContext): Behaviour {
  return {
    type: RUN_COMMAND,
    async put({ id, inputs, signal }) {
      const instanceView = await run(context, id, inputs, signal);
      const failed = instanceView.executionState !== "Succeeded";
      if (failed && inputs.treatFailureAsDeploymentFailure === true) {
        const { executionState: state, exitCode } = instanceView;
        const error = String(instanceView.error).slice(-500);
        throw armError("VMExtensionProvisioningError", { name: nameInId(id), state, exitCode, error });
      }
      return { hidden: { instanceView } };
    },
  };
}

async function run(context: ArmContext, id: string, inputs: Props, signal: AbortSignal | undefined): Promise<Props> {
  const machineId = id.slice(0, id.toLowerCase().lastIndexOf("/runcommands/"));
  const machine = context.machines.get(machineId.toLowerCase());
  if (machine === undefined) throw armError("OperationNotAllowed", { machine: nameInId(machineId) });
  const timeoutSeconds = typeof inputs.timeoutInSeconds === "number" ? inputs.timeoutInSeconds : DEFAULT_TIMEOUT;
  const startTime = new Date().toISOString();
  const began = performance.now();
  const result = await machine.run(textAt(inputs, "source.script") ?? "", {
    env: environment(inputs),
    timeoutSeconds,
    ...(signal ? { signal } : {}),
  });
  const timedOut = result.exitCode !== 0 && performance.now() - began >= timeoutSeconds * 1000;
  return {
    executionState: timedOut ? "TimedOut" : result.exitCode === 0 ? "Succeeded" : "Failed",
    executionMessage: timedOut ? `The script did not end within ${timeoutSeconds} seconds.` : "Execution completed",
    exitCode: result.exitCode,
    output: tail(result.stdout),
    error: tail(result.stderr),
    startTime,
    endTime: new Date().toISOString(),
    statuses: [],
  };
}

function environment(inputs: Props): Record<string, string> {
  const parameters = [...listAt(inputs, "parameters"), ...listAt(inputs, "protectedParameters")];
  return Object.fromEntries(parameters.map((one) => [textAt(one, "name") ?? "", textAt(one, "value") ?? ""]));
}

function tail(text: string): string {
  const bytes = Buffer.from(text, "utf8");
  return bytes.length <= KEPT_BYTES ? text : bytes.subarray(-KEPT_BYTES).toString("utf8");
}
