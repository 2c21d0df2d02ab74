import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { emulated } from "../emulated.ts";
import { type CheckRequest, type EmulatedResource, type Emulator, type Props, UNKNOWN } from "../providerHost.ts";
import { checkCommand, REMOTE, TYPES } from "./commandInputs.ts";
import { runLocally } from "./localCommand.ts";
import { runRemotely } from "./remoteCommand.ts";

/** What a run of a command gives. */
interface Printed {
  stdout: string;
  stderr: string;
}

const UNKNOWN_OUTPUTS = { stdout: UNKNOWN, stderr: UNKNOWN };

/**
 * Emulates the provider pulumi-command: commands over SSH and on this host, with the inputs, outputs, differences and errors of
 * v1.2.1. Lines of a command's output are not shown while it runs, whatever `logging` says: they are in the outputs and in the
 * error of a command that fails.
 */
export class CommandEmulator implements Emulator {
  readonly name = "command";
  readonly version = "1.2.1";

  async check({ type, news }: CheckRequest): ReturnType<Emulator["check"]> {
    return checkCommand(type, emulated("resource type", type, TYPES), news);
  }

  async diff({ type, oldInputs, news }: Parameters<Emulator["diff"]>[0]): ReturnType<Emulator["diff"]> {
    emulated("resource type", type, TYPES);
    const names = [...new Set([...Object.keys(oldInputs), ...Object.keys(news)])].filter(
      (key) => !key.startsWith("__"),
    );
    const diffs = names.filter((key) => !isDeepStrictEqual(oldInputs[key], news[key]));
    return { changes: diffs.length > 0, replaces: diffs.filter((key) => key === "triggers"), diffs };
  }

  async create(r: Parameters<Emulator["create"]>[0]): ReturnType<Emulator["create"]> {
    emulated("resource type", r.type, TYPES);
    // Source: NewUniqueHex of Pulumi's Go SDK: the name and eight hexadecimal digits.
    const id = r.name + randomBytes(4).toString("hex");
    if (r.preview) return { id, outputs: { ...r.inputs, ...UNKNOWN_OUTPUTS } };
    const limits = [r.signal, ...(r.timeoutSeconds > 0 ? [AbortSignal.timeout(r.timeoutSeconds * 1000)] : [])];
    const printed = await run(r, r.inputs.create, r.inputs, { stdout: "", stderr: "" }, AbortSignal.any(limits));
    return { id, outputs: { ...r.inputs, ...printed } };
  }

  async read({ type, id, inputs, outputs }: Parameters<Emulator["read"]>[0]): ReturnType<Emulator["read"]> {
    emulated("resource type", type, TYPES);
    return { id, inputs, outputs };
  }

  async update(r: Parameters<Emulator["update"]>[0]): ReturnType<Emulator["update"]> {
    emulated("resource type", r.type, TYPES);
    if (r.preview) return { outputs: { ...r.inputs, ...UNKNOWN_OUTPUTS } };
    const printed = await run(r, r.inputs.update ?? r.inputs.create, r.inputs, lastPrinted(r.oldOutputs));
    return { outputs: { ...r.inputs, ...printed } };
  }

  async delete(r: Parameters<Emulator["delete"]>[0]): Promise<void> {
    emulated("resource type", r.type, TYPES);
    await run(r, r.outputs.delete, r.outputs, lastPrinted(r.outputs));
  }

  secretOutputs(type: string): string[] {
    if (type !== REMOTE) return [];
    const hidden = ["password", "privateKey", "privateKeyPassword"];
    return ["connection", ...hidden.map((name) => `connection.${name}`)];
  }
}

/** Runs the command, if there is one; else what was printed last stays. */
async function run(
  { type }: EmulatedResource,
  command: unknown,
  inputs: Props,
  previous: Printed,
  signal?: AbortSignal,
): Promise<Printed> {
  if (typeof command !== "string") return previous;
  return type === REMOTE ? runRemotely(command, inputs, signal) : runLocally(command, inputs, previous, signal);
}

function lastPrinted({ stdout, stderr }: Props): Printed {
  return { stdout: typeof stdout === "string" ? stdout : "", stderr: typeof stderr === "string" ? stderr : "" };
}
