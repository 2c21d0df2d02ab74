import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

interface ErrorRow {
  /** The HTTP status; absent for a feature that the sandbox lacks. */
  status?: number;
  /** Azure's error code. @default the row's name */
  code?: string;
  message: string;
  /** What the user does next; absent where a program gets the error. */
  next?: string;
}

const TABLE: Record<string, ErrorRow> = parse(readFileSync(join(import.meta.dirname, "../armErrors.yaml"), "utf8"));

/**
 * An error of Azure Resource Manager as azure-native prints it: `Status=404 Code="…" Message="…"`, then what to do next.
 * Source of the form: pulumi/pulumi-azure-native, provider/pkg/azure.
 */
export class ArmError extends Error {
  override readonly name = "ArmError";
  /** The HTTP status. */
  readonly status: number;
  /** Azure's error code, such as `ParentResourceNotFound`. */
  readonly code: string;
  /** Azure's own text. */
  readonly text: string;

  constructor(status: number, code: string, text: string, next = "") {
    super(`Status=${status} Code="${code}" Message="${text}" ${next}`);
    this.status = status;
    this.code = code;
    this.text = text;
  }
}

/**
 * Makes an error of armErrors.yaml. A row without a status is a feature of Azure that the sandbox lacks: the emulator never ignores
 * one silently.
 * @param values the values for the row's placeholders
 */
export function armError(name: string, values: Readonly<Record<string, unknown>> = {}): Error {
  const row = TABLE[name];
  if (row === undefined) throw new Error(`armErrors.yaml lacks ${name}.`);
  const fill = (text: string) => text.replace(/\{(\w+)\}/g, (_, key: string) => String(values[key]));
  const { status, code = name } = row;
  const [message, next] = [fill(row.message), fill(row.next ?? "")];
  return status === undefined
    ? new Error(`The sandbox does not emulate ${message}. ${next}`)
    : new ArmError(status, code, message, next);
}
