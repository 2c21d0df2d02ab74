import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { ENVIRONMENTS } from "../../components/environments/environments.ts";
import { ENVIRONMENT_SCHEMA, STRICTEST } from "../engine/environment.ts";
import { rules } from "../rules.ts";
import { PACK, PROJECT } from "./build.ts";
import { configProblems, REMEDY } from "./packConfig.ts";

/** Folder of the files that say how strictly each stack is judged. They are committed, and whoever owns them approves a change. */
export const STACKS = join(PACK, "stacks");

/** The pack's configuration, as `--policy-pack-config` takes it. */
export type PackConfig = Record<string, unknown>;

/** How a stack is judged. */
export interface StackJudgement {
  config: PackConfig;
  /** The same in words, for whoever reads the log. */
  words: string;
}

const SHAPE = '{ "environment": "prod", "rules": { … } }';

/**
 * How a stack is judged: by `<stack>.json` in the folder, whatever the program says that the stack is for. A stack without a file is judged as
 * for the strictest environment.
 * @param stack its name, with or without organization and project
 * @throws Error with everything that is wrong with the file
 */
export function stackJudgement(stack: string, folder = STACKS): StackJudgement {
  const name = stack.split("/").at(-1) ?? "";
  if (!/^[\w-][\w.-]*$/.test(name)) throw new Error(`"${stack}" is no stack's name.`);
  const file = join(folder, `${name}.json`);
  const shown = relative(PROJECT, file);
  if (!existsSync(file)) {
    return { config: forAll(STRICTEST, {}), words: `There is no ${shown}: the stack is judged as ${STRICTEST}.` };
  }
  const content = parse(file, shown);
  const problems = problemsOf(content);
  if (problems.length > 0) {
    throw new Error(
      [`${shown} cannot say how the stack is judged:`, ...problems.map((each) => `  ${each}`), REMEDY].join("\n"),
    );
  }
  const { environment, rules: settings = {} } = content as { environment: string; rules?: PackConfig };
  return { config: forAll(environment, settings), words: `The stack is judged as ${environment}: ${shown}.` };
}

function parse(file: string, shown: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new Error(`${shown} cannot be read: ${(error as Error).message}. It is to be ${SHAPE}. ${REMEDY}`);
  }
}

function problemsOf(content: unknown): string[] {
  if (typeof content !== "object" || content === null || Array.isArray(content)) return [`it is not ${SHAPE}`];
  const { environment, rules: settings = {}, ...rest } = content as Record<string, unknown>;
  return [
    ...Object.keys(rest).map((key) => `there is no key "${key}"; there are: environment, rules`),
    ...(ENVIRONMENTS.some((each) => each === environment)
      ? []
      : [`environment is ${JSON.stringify(environment)}; allowed: ${ENVIRONMENTS.join(", ")}`]),
    ...configProblems(settings).map((problem) => `rules: ${problem}`),
    ...twice(settings),
  ];
}

/** One environment for all rules; an exception is made by `environments` of a rule, where one can read it. */
function twice(settings: unknown): string[] {
  return Object.entries(settings ?? {})
    .filter(([, value]) => typeof value === "object" && value !== null && "environment" in value)
    .map(([name]) => `rules: "${name}" names an environment of its own: it stands once, beside rules`);
}

/** Gives the environment to every rule that goes by it. */
function forAll(environment: string, settings: PackConfig): PackConfig {
  const given = rules
    .filter(({ configSchema }) =>
      Object.keys(ENVIRONMENT_SCHEMA).every((key) => key in (configSchema?.properties ?? {})),
    )
    .map(({ name }) => [name, { ...settingsOf(settings[name]), environment }]);
  return { ...settings, ...Object.fromEntries(given) };
}

/** A level alone is a setting, too. */
function settingsOf(value: unknown): object {
  return typeof value === "string" ? { enforcementLevel: value } : ((value as object | undefined) ?? {});
}
