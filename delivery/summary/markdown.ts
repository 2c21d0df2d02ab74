/** What is put in front of a character that would notify somebody or link to something: it shows as nothing and breaks the word. */
const BREAK = "\u2060";

/** Characters that mean something in Markdown or HTML, as entities, which GitHub shows as the character itself. */
const SPECIAL = /[&<>|`*_~[\]\\$]/g;

/** Control characters, and those that turn the direction of a text or hide in it. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/gu;

/**
 * A text of somebody else's, such as a message, as one line of Markdown that shows it and does nothing else: no table cell ends, no tag opens,
 * nobody is notified by `@name`, no issue is linked by `#1`.
 */
export function text(value: string): string {
  return unlinked(oneLine(value))
    .replace(/^([-+=#]+|\d+[.)])(?=\s|$)/, `${BREAK}$1`)
    .replace(SPECIAL, entity);
}

/**
 * The same as code. A code span takes neither mentions nor tags nor links; what a backtick, a bar or a backslash could do to it, they cannot do
 * to HTML's own tag with entities in it.
 */
export function code(value: string): string {
  const shown = oneLine(value);
  if (shown !== "" && !/[`|\\]/.test(shown)) return `\`${shown}\``;
  return `<code>${unlinked(shown)
    .replace(SPECIAL, entity)
    .replace(/:(?=\/\/)|\.(?<=www\.)/gi, entity)}</code>`;
}

/** Cuts a text that is longer than `limit` characters, visibly. */
export function shortened(value: string, limit: number): string {
  const characters = [...value];
  return characters.length <= limit ? value : `${characters.slice(0, limit - 1).join("")}…`;
}

/**
 * As many whole lines as fit, with a notice where some do not. Counted are bytes of UTF-8, of which a text never has fewer than characters:
 * GitHub limits a comment's characters, and Linux the bytes of a variable, in which a summary goes from one job to another.
 */
export function cutAfterLine(value: string, limit: number): string {
  if (byteLength(value) <= limit) return value;
  const kept: string[] = [];
  let left = limit - byteLength(CUT);
  for (const line of value.split("\n")) {
    left -= byteLength(line) + 1;
    if (left < 0) break;
    kept.push(line);
  }
  return `${kept.join("\n")}${CUT}`;
}

const CUT = "\n\n**Shortened: the rest is in the log of the run.**\n";

/** In UTF-8. */
export function byteLength(value: string): number {
  return Buffer.byteLength(value);
}

/** A table. Cells are Markdown already. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** A part that is closed until it is clicked. */
export function details(title: string, body: string): string {
  return `<details><summary>${title}</summary>\n\n${body}\n\n</details>`;
}

/** Lines become spaces; what cannot be seen becomes its code point. */
function oneLine(value: string): string {
  return value
    .replace(/\s*\r?\n\s*/g, " ")
    .replace(/\t/g, " ")
    .replace(UNSEEN, (character) => `{U+${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0")}}`)
    .trim();
}

/** Without anything that notifies or is linked by itself. */
function unlinked(value: string): string {
  return value.replace(/@(?=\w)/g, `@${BREAK}`).replace(/(#|GH-)(?=\d)/gi, `$1${BREAK}`);
}

function entity(character: string): string {
  return `&#${character.codePointAt(0)};`;
}
