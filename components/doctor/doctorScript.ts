import { readFileSync, writeFileSync } from "node:fs";
import { shellQuote } from "../connectionDetails/shellQuote.ts";
import { ERROR_TABLE } from "../errors/errorTable.ts";
import type { ErrorEntry } from "../errors/table/entry.ts";
import { DOCTOR_CLOUDS } from "./clouds.ts";

/** The text of doctor.sh, one file for a VM that has neither Node.js nor this repository: the errors of the table, shared steps, the doctor's. */
export function doctorScript(): string {
  const shared = sourceOf("../connectionCheck/machineLogin.sh");
  const own = sourceOf("steps.sh");
  const head =
    "#!/bin/sh\n# Finds the step at which a login with a managed identity fails. Needs curl, jq and psql. docs/doctor.md describes it.\n" +
    "# `node components/doctor/doctorScript.ts` writes this file from steps.sh, connectionCheck/machineLogin.sh and the table of errors.\n";
  return [head, clouds(), explanations(own), shared, own].join("\n");
}

function clouds(): string {
  const [{ resource, authority }] = DOCTOR_CLOUDS;
  const cases = DOCTOR_CLOUDS.map(
    (cloud) => `    ${cloud.option}) resource=${cloud.resource} authority=${cloud.authority} ;;\n`,
  );
  return (
    `PUBLIC_RESOURCE=${resource}\nPUBLIC_AUTHORITY=${authority}\n\n` +
    `choose_cloud() {\n  case $1 in\n${cases.join("")}    *) return 1 ;;\n  esac\n}\n`
  );
}

/** Sets `title` and `next` for each code that the script uses. */
function explanations(script: string): string {
  const codes = [...new Set(script.match(/\bEP-[A-Z]+-\d{2}\b/g))].sort();
  const cases = codes.map((code) => {
    const { title, next } = entryOf(code);
    return `    ${code})\n      title=${shellQuote(title)}\n      next=${shellQuote(next)}\n      ;;\n`;
  });
  return `explain() {\n  case $1 in\n${cases.join("")}  esac\n}\n`;
}

function entryOf(code: string): ErrorEntry {
  const entry = (ERROR_TABLE as { [code: string]: ErrorEntry })[code];
  if (!entry) throw new Error(`steps.sh uses ${code}, which the table of errors does not have`);
  return entry;
}

function sourceOf(file: string): string {
  return readFileSync(new URL(file, import.meta.url), "utf8");
}

if (import.meta.main) {
  writeFileSync(new URL("doctor.sh", import.meta.url), doctorScript(), { mode: 0o755 });
}
