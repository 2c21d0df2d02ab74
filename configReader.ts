import * as pulumi from "@pulumi/pulumi";

/** Reads configuration values of one project and gathers what is wrong with them, to say it all at once. */
export class ConfigReader {
  readonly #config: pulumi.Config;
  readonly #project: string;
  readonly #problems: string[] = [];
  readonly #known = new Set<string>();

  constructor(project: string) {
    this.#project = project;
    this.#config = new pulumi.Config(project);
  }

  has(key: string): boolean {
    return this.#read(key) !== undefined;
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
    const value = Number(text);
    if (!Number.isInteger(value) || value < rule.min || value > rule.max) {
      this.problem(key, text, `a whole number from ${rule.min} to ${rule.max}`, String(rule.fallback));
    }
    return value;
  }

  list(key: string): string[] {
    const text = this.#read(key) ?? "[]";
    try {
      const value = JSON.parse(text);
      if (Array.isArray(value) && value.every((item) => typeof item === "string")) {
        return value;
      }
    } catch {
      // Reported below with the value that could not be read.
    }
    this.problem(key, text, "a list of texts", '["198.51.100.7"]');
    return [];
  }

  /** A list of objects, such as `- name: orders`. */
  objects(key: string): Record<string, unknown>[] {
    const text = this.#read(key) ?? "[]";
    const isObject = (item: unknown) => typeof item === "object" && item !== null && !Array.isArray(item);
    try {
      const value = JSON.parse(text);
      if (Array.isArray(value) && value.every(isObject)) {
        return value;
      }
    } catch {
      // Reported below with the value that could not be read.
    }
    this.problem(`${key}[0].name`, text, `a list: ${key}[0].name, ${key}[0].profile and so on`, "orders");
    return [];
  }

  /** @param example what to set instead, as a command; none where it is to be removed */
  problem(key: string, value: string, allowed: string, example: string): void {
    const command = example
      ? `example: pulumi config set ${setting(key, example)}`
      : `remove:  pulumi config rm --path '${key}'`;
    this.#problems.push(
      `${this.#project}:${key} is ${this.#shown(key, value)}\n    allowed: ${allowed}\n    ${command}`,
    );
  }

  /** @throws {pulumi.RunError} with all problems, keys that nobody knows among them. */
  throwProblems(): void {
    for (const full of Object.keys(pulumi.runtime.allConfig())) {
      const [project, key = ""] = full.split(":");
      if (project === this.#project && !this.#known.has(key)) {
        const near = nearest(key, [...this.#known]);
        this.#problems.push(
          `${full} is not a key of this program${near ? `; did you mean ${near}?` : ""}\n    allowed: ${[...this.#known].sort().join(", ")}\n    remove:  pulumi config rm ${key}`,
        );
      }
    }
    if (this.#problems.length > 0) {
      const count = this.#problems.length === 1 ? "1 problem" : `${this.#problems.length} problems`;
      throw new pulumi.RunError(
        `The configuration of stack ${pulumi.getStack()} has ${count}:\n\n  ${this.#problems.join("\n\n  ")}\n`,
      );
    }
  }

  #read(key: string): string | undefined {
    this.#known.add(key);
    // The schema in Pulumi.yaml makes a key without a default mandatory, so the optional ones default to no text.
    return this.#config.get(key) || undefined;
  }

  /** A value that the stack keeps as a secret is not printed; the engine tells a program which those are. */
  #shown(key: string, value: string): string {
    const secrets: string[] = JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS ?? "[]");
    return secrets.includes(`${this.#project}:${key}`) ? "[secret]" : JSON.stringify(value);
  }
}

/** A key and its value as words of a shell; of a list, its first item; a part of a list or object by its path. */
function setting(key: string, example: string): string {
  const path = example.startsWith("[") ? `${key}[0]` : key;
  return `${path.includes("[") ? `--path '${path}'` : path} ${quote(example)}`;
}

/** The example as one word of a shell; of a list, its first item. */
function quote(example: string): string {
  const value = example.startsWith("[") ? String(JSON.parse(example)[0]) : example;
  return /^[\w./~-]+$/.test(value) ? value : `'${value}'`;
}

/** The key that differs by the fewest letters, if by few. */
function nearest(word: string, candidates: string[]): string | undefined {
  const scored = candidates
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const best = scored[0];
  return best && best.distance <= Math.max(2, word.length / 4) ? best.candidate : undefined;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + cost));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
