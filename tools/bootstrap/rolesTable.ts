// Writes the table of roles into docs/bootstrap.md.
import { readFileSync, writeFileSync } from "node:fs";
import { GRANTS, ROLES, type Role, SCOPES } from "./roles.ts";

const BEGIN = "<!-- roles: written by tools/bootstrap/rolesTable.ts from roles.ts -->\n";
const END = "<!-- end of roles -->\n";

/** The page that holds the table. */
export const PAGE = new URL("../../docs/bootstrap.md", import.meta.url);

/** The page with its tables as the data says. @throws Error without the marks around them */
export function withTables(page: string): string {
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined)
    throw new Error(`docs/bootstrap.md has lost its marks ${BEGIN} and ${END}`);
  return `${before}${BEGIN}\n${table()}\n${END}${after}`;
}

function table(): string {
  const rows = GRANTS.map(({ to, role, on, why }) => {
    const { name, id }: Role = ROLES[role];
    return `| ${to} | ${name} | ${id ? `\`${id}\`` : "made by the bootstrap"} | ${SCOPES[on]} | ${why} |`;
  });
  const actions = ROLES.server.actions.map((action) => `- \`${action}\``);
  return [
    "| who | role | id | on | why |",
    "| --- | --- | --- | --- | --- |",
    ...rows,
    "",
    `The role \`${ROLES.server.name} (<resource group>)\`, which can be given on the stack's group only, allows`,
    "",
    ...actions,
    "",
  ].join("\n");
}

if (import.meta.main) writeFileSync(PAGE, withTables(readFileSync(PAGE, "utf8")));
