// Writes the parts of Pulumi.yaml and docs/deploy.md and the page docs/configuration.md that repeat the schema. A test compares them.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ENVIRONMENTS } from "entra-postgres/environments";
import { Scalar, stringify } from "yaml";
import { exampleText } from "./configuration.ts";
import { defaultText, type ListKey, type ObjectsKey, type ScalarKey } from "./key.ts";
import { ACCESS_KEYS } from "./keys/access.ts";
import { SERVER_KEYS } from "./keys/server.ts";
import { STACK_KEYS } from "./keys/stack.ts";
import { SCHEMA } from "./schema.ts";

type Key = ScalarKey<unknown> | ListKey<unknown> | ObjectsKey;

const PROJECT = join(import.meta.dirname, "../..");

/** The files that repeat the schema, each with the function that brings its text up to date. */
const DOCUMENTS: Readonly<Record<string, (text: string) => string>> = {
  "Pulumi.yaml": (text) => text.replace(/^config:\n[\s\S]*?(?=^template:)/m, pulumiSection()),
  "docs/deploy.md": (text) => text.replace(/^\| key \| dev [\s\S]*?\n(?=\n)/m, defaultsTable()),
  "docs/configuration.md": page,
};

const PAGE_HEAD = `# Configuration

Every key of a stack's configuration, written by \`node program/config/document.ts\` from the schema in \`program/config/keys\`. Set a key
with \`pulumi config set <key> <value>\`. The program reports every problem at once, before it changes anything, each with a command that
repairs it and a code of [errors.md](errors.md). Numbers are texts, and lists have no type, because the engine would report only the first value of
a wrong type.

The files of the stacks name no project: the CLI puts the project's name before a key without one, so they stay valid when the project is
renamed in \`Pulumi.yaml\`. The CLI itself writes the name; keys that it wrote before a rename are refused, with the commands that move them.
`;

/** The documents as they are and as the schema has them. */
export function documents(): { file: string; found: string; expected: string }[] {
  return Object.entries(DOCUMENTS).map(([name, update]) => {
    const file = join(PROJECT, name);
    const found = readFileSync(file, { encoding: "utf8", flag: "a+" });
    return { file, found, expected: update(found) };
  });
}

function pulumiSection(): string {
  const keys = Object.entries(SCHEMA).map(([name, key]: [string, Key]) => {
    const description = `${key.description}. Allowed: ${allowedIn(key)}`;
    if (!("type" in key)) return [name, { description: folded(description), default: [] }];
    const standard = typeof key.default === "string" ? key.default : "";
    const note = standard === "" ? `. Default: ${key.defaultWords ?? "by environment, see docs/configuration.md"}` : "";
    return [name, { type: "string", description: folded(description + note), default: standard }];
  });
  return stringify({ config: Object.fromEntries(keys) }, { lineWidth: 140 });
}

/** A text over several lines, in the form that the formatter keeps. */
function folded(text: string): Scalar {
  return Object.assign(new Scalar(text), { type: Scalar.BLOCK_FOLDED });
}

/** The keys whose default depends on the environment. */
function defaultsTable(): string {
  const rows = Object.entries(SCHEMA).flatMap(([name, key]: [string, Key]) =>
    "type" in key && typeof key.default === "object"
      ? [[`\`${name}\``, ...ENVIRONMENTS.map((environment) => defaultText(key, environment))]]
      : [],
  );
  return table(["key", ...ENVIRONMENTS], rows);
}

function page(): string {
  const groups = { "The stack": STACK_KEYS, "The server": SERVER_KEYS, Access: ACCESS_KEYS };
  const head = ["key", "what it sets", "allowed", "default", "example", "a change"];
  const sections = Object.entries(groups).map(
    ([title, keys]) => `\n## ${title}\n\n${table(head, Object.entries(keys).flatMap(rowsOf))}`,
  );
  return [PAGE_HEAD, ...sections].join("");
}

/** The row of a key, and of a list of objects one for each part of an object. */
function rowsOf([name, key]: [string, Key]): string[][] {
  const row = [`\`${name}\``, key.description, allowedIn(key), defaultIn(key), exampleIn(key), key.change];
  const parts = "fields" in key ? Object.entries(key.fields) : [];
  return [
    row,
    ...parts.map(([part, field]) => [
      `\`${name}[].${part}\``,
      "",
      field.allowed,
      "",
      `\`${exampleText(field, "")}\``,
      "",
    ]),
  ];
}

function allowedIn(key: Key): string {
  if ("type" in key) return key.allowed;
  if ("item" in key) return "a list of addresses and ranges";
  return `a list of objects with the keys ${Object.keys(key.fields).join(", ")}`;
}

function defaultIn(key: Key): string {
  if (!("type" in key)) return "none";
  if (key.defaultWords) return key.defaultWords;
  if (typeof key.default === "string") return key.default;
  return ENVIRONMENTS.map((environment) => `${environment}: ${defaultText(key, environment)}`).join("; ");
}

function exampleIn(key: Key): string {
  if ("fields" in key) return "";
  return `\`${"item" in key ? `["${key.item.example}"]` : exampleText(key, "") || defaultText(key, "prod")}\``;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cell = (text: string) => (text.startsWith("`") ? text : text.replaceAll("<", "&lt;")).replaceAll("|", "\\|");
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line), ""].join("\n");
}

if (import.meta.main) {
  for (const { file, expected } of documents()) writeFileSync(file, expected);
}
