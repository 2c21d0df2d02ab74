import { writeFileSync } from "node:fs";
import { ERROR_TABLE } from "./errorTable.ts";
import type { ErrorEntry, OutsideError } from "./table/entry.ts";

/** Headings of the areas; an area without one is named by its letters. */
const AREAS: { [area: string]: string } = {
  ACCESS: "Databases, schemas and rights",
  ARM: "Azure Resource Manager",
  AZ: "The deployer's login to Azure",
  BOOT: "Bootstrap",
  CHECK: "The connection check on the VM",
  CLI: "The sandbox's commands",
  CONFIG: "Configuration",
  DELIVERY: "Delivery",
  DOCTOR: "The doctor",
  DRIFT: "Changes outside Pulumi",
  LOGIN: "Logins that other programs decide about",
  PG: "The PostgreSQL server",
  POLICY: "Policies",
  PREFLIGHT: "Before the first `up`",
  ROLE: "The identity's role",
  SANDBOX: "The sandbox",
  SERVER: "The server resource",
  VM: "The virtual machine",
};

/** The text of docs/errors.md. */
export function errorPage(table: { [code: string]: ErrorEntry } = ERROR_TABLE): string {
  const areas = Map.groupBy(Object.entries(table), ([code]) => code.split("-")[1] ?? "");
  const sections = [...areas].map(
    ([area, entries]) =>
      `## ${AREAS[area] ?? area}\n\n${entries.map(([code, entry]) => section(code, entry)).join("\n")}`,
  );
  return [
    "# Errors\n\nEvery error message ends with a code, `EP-<area>-<number>`, which never changes its meaning. Find it here with a search.",
    "Errors of other programs are listed under the code that explains them.",
    "`node components/errors/errorPage.ts` writes this page from the tables in `components/errors/table/`.",
    ...sections.map((text) => `\n${text}`),
  ].join("\n");
}

function section(code: string, { title, meaning, next, outside = [] }: ErrorEntry): string {
  const signs = outside.map(signOf).filter((sign) => sign !== "");
  const period = next.endsWith(".") ? "" : ".";
  // The code alone is the heading, so that the link to an entry is its code: docs/errors.md#ep-pg-03.
  return `### ${code}\n\n**${title}.** ${meaning}\n\nNext: ${next}${period}\n${signs.length > 0 ? `\nAlso seen as: ${signs.join("; ")}.\n` : ""}`;
}

function signOf(outside: OutsideError): string {
  const codes = Object.entries(PREFIXES).flatMap(([kind, prefix]) =>
    [(outside as { [kind: string]: string | readonly string[] })[kind] ?? []]
      .flat()
      .map((code) => `\`${prefix}${code}\``),
  );
  const text = "text" in outside && outside.text ? `text \`${outside.text.source}\`` : "";
  return [codes.join(", "), text].filter((part) => part !== "").join(" with ");
}

const PREFIXES = { aadsts: "AADSTS", sqlState: "SQLSTATE ", arm: "", node: "", http: "HTTP " };

if (import.meta.main) {
  writeFileSync(new URL("../../docs/errors.md", import.meta.url), errorPage());
}
