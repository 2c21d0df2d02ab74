import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { UserError } from "entra-postgres/errors";
import { z } from "zod";
import { ENVIRONMENTS } from "../../components/environments/environments.ts";
import { STRICTEST } from "../engine/environment.ts";
import { rules } from "../rules.ts";
import { PACK, PROJECT } from "./build.ts";
import { only, readConfig, STACK_RULES } from "./packConfig.ts";

/** Folder of the committed files that say how strictly each stack is judged. Their code owners approve a change. */
export const STACKS = join(PACK, "stacks");

/** How a stack is judged. */
export interface StackJudgement {
  /** The pack's configuration, as `--policy-pack-config` takes it. */
  config: Record<string, unknown>;
  /** The same in words, for the log. */
  words: string;
}

const FILE = only({ environment: z.enum(ENVIRONMENTS), rules: STACK_RULES.default({}) });

/**
 * How a stack is judged: by `<stack>.json` in the folder, whatever the program says about its environment. A stack without a file is judged
 * as the strictest environment.
 * @param stack its name, with or without organization and project
 * @throws {UserError} EP-POLICY-04 with every problem of the file, EP-POLICY-05 for a word that cannot be a stack's name
 */
export function stackJudgement(stack: string, folder = STACKS): StackJudgement {
  const name = stack.split("/").at(-1) ?? "";
  if (!/^[\w-][\w.-]*$/.test(name)) {
    throw new UserError({
      code: "EP-POLICY-05",
      step: "choosing the stack to judge",
      expected: "the name of a stack: letters, digits, hyphens, underscores and periods",
      found: JSON.stringify(stack),
    });
  }
  const file = join(folder, `${name}.json`);
  const shown = relative(PROJECT, file);
  if (!existsSync(file)) {
    return { config: forAll(STRICTEST, {}), words: `There is no ${shown}: the stack is judged as ${STRICTEST}.` };
  }
  const { environment, rules: settings } = readConfig(file, FILE);
  return { config: forAll(environment, settings), words: `The stack is judged as ${environment}: ${shown}.` };
}

/** Gives the environment to every rule that reads it. */
function forAll(environment: string, settings: Record<string, unknown>): Record<string, unknown> {
  const given = rules
    .filter(({ configSchema }) => configSchema?.properties.environment)
    .map(({ name }) => [name, { ...(settings[name] as object | undefined), environment }]);
  return { ...settings, ...Object.fromEntries(given) };
}
