// Writes the table of role assignments into docs/bootstrap.md.
import { readFileSync, writeFileSync } from "node:fs";
import { ASSIGNMENTS, ROLE_SCOPES } from "./assignments.ts";
import { ROLES, type Role } from "./roles.ts";

const BEGIN = "<!-- roles: written by bootstrap/rolesTable.ts -->\n";
const END = "<!-- end of roles -->\n";

/** The page that holds the table. */
export const PAGE = new URL("../docs/bootstrap.md", import.meta.url);

/** The page with its table as the data says. @throws Error without the marks around it */
export function withTable(page: string): string {
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`${PAGE.pathname} lacks ${BEGIN} or ${END}`);
  return `${before}${BEGIN}\n${table()}\n${END}${after}`;
}

function table(): string {
  const rows = ASSIGNMENTS.map(({ principal, role, scope, reason }) => {
    const { name, id }: Role = ROLES[role];
    return `| ${principal} | ${name} | ${id ? `\`${id}\`` : "custom"} | ${ROLE_SCOPES[scope]} | ${reason} |`;
  });
  const actions = ROLES.server.actions.map((action) => `- \`${action}\``);
  return [
    "| principal | role | id | scope | reason |",
    "| --- | --- | --- | --- | --- |",
    ...rows,
    "",
    `The custom role \`${ROLES.server.name} (<resource group>)\` can be assigned on the stack's group only and allows`,
    "",
    ...actions,
    "",
  ].join("\n");
}

if (import.meta.main) writeFileSync(PAGE, withTable(readFileSync(PAGE, "utf8")));
