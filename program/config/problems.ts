import * as pulumi from "@pulumi/pulumi";
import type { ErrorCode } from "entra-postgres/errors";
import { removeCommand, setCommand } from "./commands.ts";

/** Code of a problem of the configuration. */
export type ConfigErrorCode = Extract<ErrorCode, `EP-CONFIG-${string}`>;

/** One problem of the configuration. */
export interface Problem {
  code: ConfigErrorCode;
  /** The key, or the path of a part of it, such as `apps[0].name`. */
  key: string;
  /** The value as it was written; undefined: none was. */
  value?: string | undefined;
  allowed: string;
  /** What repairs it: a value for the key or for another path, or the path to remove. */
  repair: string | { path: string; value: string } | { remove: string };
}

/** The problems of one configuration, collected so that they are reported together. */
export class Problems {
  readonly #problems: string[] = [];
  readonly #removals: string[] = [];
  readonly #wrong = new Set<string>();

  add({ code, key, value, allowed, repair }: Problem): void {
    this.#wrong.add(key).add(rootOf(key));
    const found = value === undefined ? "missing" : isSecret(key) ? "[secret]" : JSON.stringify(value);
    const block = (command: string) =>
      `${key} is ${found}\n    allowed: ${allowed}\n    ${command}\n    code:    ${code}`;
    if (typeof repair === "object" && "remove" in repair) {
      this.#removals.push(block(`remove:  ${removeCommand(repair.remove)}`));
    } else {
      const { path, value: proposed } = typeof repair === "string" ? { path: key, value: repair } : repair;
      this.#problems.push(block(`example: ${setCommand(path, proposed)}`));
    }
  }

  /** Whether a problem was reported for the key or for a part of it: an error that follows from it is not reported as well. */
  has(key: string): boolean {
    return this.#wrong.has(key);
  }

  /** @throws {pulumi.RunError} with every problem, in an order in which the commands can be run one after another */
  throwAll(): void {
    // Items are removed from the last to the first: a removal moves the items after it.
    const blocks = [...this.#problems, ...this.#removals.toReversed()];
    if (blocks.length === 0) return;
    const count = blocks.length === 1 ? "1 problem" : `${blocks.length} problems`;
    throw new pulumi.RunError(
      `The configuration of stack ${pulumi.getStack()} has ${count}:\n\n  ${blocks.join("\n\n  ")}\n`,
    );
  }
}

/** Text that holds values of these keys, or else the other text where one of them is a secret. */
export function unlessSecret(keys: readonly string[], text: string, other: string): string {
  return keys.some(isSecret) ? other : text;
}

/** Whether the stack keeps the key as a secret. Neither its value nor a part of it is shown. The engine names the secret keys. */
function isSecret(path: string): boolean {
  const secrets: string[] = JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS ?? "[]");
  return secrets.includes(`${pulumi.getProject()}:${rootOf(path)}`);
}

/** The key that a path begins with. */
function rootOf(path: string): string {
  return path.replace(/[[.].*$/, "");
}
