import { readFileSync, writeFileSync } from "node:fs";
import { SWITCHES } from "./behaviour.ts";

/** The page whose table this file writes. */
export const PAGE = new URL("../docs/sandbox.md", import.meta.url);

/** The page with its table, between `<!-- switches -->` and `<!-- end -->`, as {@link SWITCHES} has it. */
export function behaviourPage(page: string): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
  const head = ["switch", "what it is", "gentle", "harsh", "source"];
  const rows = Object.entries(SWITCHES).map(([name, { what, gentle, harsh, source }]) => [
    `\`${name}\``,
    what,
    `\`${gentle}\``,
    `\`${harsh}\``,
    source,
  ]);
  const table = [head, head.map(() => "---"), ...rows].map(line).join("");
  return page.replace(/(<!-- switches -->\n)[\s\S]*?(?=<!-- end -->)/, (_, start: string) => `${start}\n${table}\n`);
}

if (import.meta.main) writeFileSync(PAGE, behaviourPage(readFileSync(PAGE, "utf8")));
