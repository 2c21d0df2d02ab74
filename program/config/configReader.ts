import * as pulumi from "@pulumi/pulumi";
import { didYouMean } from "entra-postgres/suggestions";

/** Of a problem: the key itself is to be removed. */
export const REMOVED = { remove: "" };

/** Reads configuration values of one project and gathers what is wrong with them, to say it all at once. */
export class ConfigReader {
  readonly #config: pulumi.Config;
  readonly #project: string;
  readonly #problems: string[] = [];
  readonly #removals: string[] = [];
  readonly #wrong = new Set<string>();
  readonly #known = new Set<string>();

  constructor(project: string) {
    this.#project = project;
    this.#config = new pulumi.Config(project);
  }

  has(key: string): boolean {
    return this.#read(key) !== undefined;
  }

  /** Whether something is wrong with a key or a part of it: what follows from it needs no word of its own. */
  hasProblem(key: string): boolean {
    return this.#wrong.has(key);
  }

  text(key: string, rule: { fallback: string; pattern: RegExp; allowed: string; example: string }): string {
    const value = this.#read(key) ?? rule.fallback;
    if (this.has(key) && !rule.pattern.test(value)) {
      this.problem(key, value, rule.allowed, rule.example);
    }
    return value;
  }

  oneOf(key: string, allowed: readonly string[], fallback: string): string {
    const value = this.#read(key) ?? fallback;
    if (!allowed.includes(value)) {
      this.problem(key, value, allowed.join(", "), fallback);
    }
    return value;
  }

  integer(key: string, rule: { fallback: number; min: number; max: number }): number {
    const text = this.#read(key) ?? String(rule.fallback);
    const value = wholeNumber(text);
    if (value === undefined || value < rule.min || value > rule.max) {
      this.problem(key, text, `a whole number from ${rule.min} to ${rule.max}`, String(rule.fallback));
    }
    return value ?? rule.fallback;
  }

  /** @param sizes in ascending order; the next one up is the example */
  size(key: string, sizes: readonly number[], fallback: number): number {
    const text = this.#read(key) ?? String(fallback);
    const value = wholeNumber(text);
    if (value === undefined || !sizes.includes(value)) {
      const next = sizes.find((size) => value !== undefined && size > value) ?? fallback;
      this.problem(key, text, sizes.join(", "), String(next));
    }
    return value ?? fallback;
  }

  /** A list of texts, such as `- 198.51.100.7`, each with the path that it is set by. */
  list(key: string, example: string): { path: string; value: string }[] {
    return this.#items(key, (item) => typeof item === "string", { path: "[0]", allowed: "a text", example }).map(
      ({ path, value }) => ({ path, value: String(value) }),
    );
  }

  /**
   * A list of objects, such as `- name: orders`, each with the path that it is set by.
   * @param keys what an object may hold; one that holds something else is a problem
   */
  objects(key: string, keys: readonly string[], example: string): ConfigObject[] {
    const isObject = (item: unknown) => typeof item === "object" && item !== null && !Array.isArray(item);
    const rule = { path: `[0].${keys[0]}`, allowed: `an object with the keys ${keys.join(", ")}`, example };
    const entries = this.#items(key, isObject, rule) as ConfigObject[];
    for (const { path, value } of entries) {
      for (const unknown of Object.keys(value).filter((each) => !keys.includes(each))) {
        this.problem(
          `${path}.${unknown}`,
          written(value[unknown]),
          `no such key; there are ${keys.join(", ")}`,
          REMOVED,
        );
      }
    }
    return entries;
  }

  #items(
    key: string,
    fits: (item: unknown) => boolean,
    rule: { path: string; allowed: string; example: string },
  ): { path: string; value: unknown }[] {
    const text = this.#read(key) ?? "[]";
    const list = parsed(text);
    if (!Array.isArray(list)) {
      // The command makes a list of what was none.
      this.problem(key, text, `a list, each item ${rule.allowed}`, { path: `${key}${rule.path}`, value: rule.example });
      return [];
    }
    const items = list.map((value: unknown, index) => ({ path: `${key}[${index}]`, value }));
    for (const { path, value } of items.filter((item) => !fits(item.value))) {
      this.problem(path, written(value), rule.allowed, REMOVED);
    }
    return items.filter((item) => fits(item.value));
  }

  /** Words that say more than `others` do because they hold values of the stack: not those of a secret. */
  unlessSecret(keys: readonly string[], words: string, others: string): string {
    return keys.some((key) => this.#isSecret(key)) ? others : words;
  }

  /**
   * @param key the key, or the path of a part of it
   * @param value as it was written, undefined where nothing was
   * @param instead what to set, as a command: the key, or another path; or {@link REMOVED}, or the path that is to be removed
   */
  problem(
    key: string,
    value: string | undefined,
    allowed: string,
    instead: string | { path: string; value: string } | { remove: string },
  ): void {
    this.#wrong.add(key).add(rootOf(key));
    const is = value === undefined ? "missing" : this.#isSecret(key) ? "[secret]" : JSON.stringify(value);
    const problem = `${this.#project}:${key} is ${is}\n    allowed: ${allowed}\n    `;
    if (typeof instead === "object" && "remove" in instead) {
      this.#removals.push(problem + removal(instead.remove || key));
    } else {
      const { path, value } = typeof instead === "string" ? { path: key, value: instead } : instead;
      this.#problems.push(
        `${problem}example: pulumi config set --stack ${stackName()} ${keyWord(path)} ${quote(value)}`,
      );
    }
  }

  /** @throws {pulumi.RunError} with all problems, keys that nobody knows among them. */
  throwProblems(): void {
    // Whoever follows the commands from the first to the last removes an item when no other still counts on its index.
    const problems = [...this.#problems, ...this.#removals.toReversed(), ...this.#unknownKeys()];
    if (problems.length > 0) {
      const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
      throw new pulumi.RunError(
        `The configuration of stack ${pulumi.getStack()} has ${count}:\n\n  ${problems.join("\n\n  ")}\n`,
      );
    }
  }

  #unknownKeys(): string[] {
    const keys = Object.keys(pulumi.runtime.allConfig())
      .map((full) => full.split(":"))
      .flatMap(([project, key = ""]) => (project === this.#project && !this.#known.has(key) ? [key] : []));
    return keys.map((key) => {
      const meant = didYouMean(key, [...this.#known]);
      const allowed = [...this.#known].sort().join(", ");
      return `${this.#project}:${key} is not a key of this program${meant}\n    allowed: ${allowed}\n    ${removal(key)}`;
    });
  }

  #read(key: string): string | undefined {
    this.#known.add(key);
    // The schema in Pulumi.yaml makes a key without a default mandatory, so the optional ones default to no text.
    return this.#config.get(key) || undefined;
  }

  /** A value that the stack keeps as a secret is not printed, nor is a part of one; the engine tells a program which those are. */
  #isSecret(key: string): boolean {
    const secrets: string[] = JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS ?? "[]");
    return secrets.includes(`${this.#project}:${rootOf(key)}`);
  }
}

/** An object of a list, and the path that it is set by. */
export interface ConfigObject {
  path: string;
  value: Record<string, unknown>;
}

/** A value in the words of whoever wrote it: what is no text as JSON; undefined where nothing was written. */
export function written(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : typeof value === "string" ? value : JSON.stringify(value);
}

/** The key that a path begins with. */
function rootOf(path: string): string {
  return path.replace(/[[.].*$/, "");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function wholeNumber(text: string): number | undefined {
  return /^-?\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** The stack in the words of `--stack`: without its organization it would be looked for in the user's own. */
function stackName(): string {
  const organization = pulumi.getOrganization();
  // What backends without organizations call theirs.
  return organization === "organization" ? pulumi.getStack() : `${organization}/${pulumi.getStack()}`;
}

function removal(path: string): string {
  return `remove:  pulumi config rm --stack ${stackName()} ${keyWord(path)}`;
}

/** A key as a word of a shell; a part of a list or object by its path. */
function keyWord(path: string): string {
  return path.includes("[") ? `--path '${path}'` : path;
}

/** A value as one word of a shell. */
function quote(value: string): string {
  return /^[\w./~-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}
