import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";

/** The project's folder: where Pulumi.yaml is. */
export const PROJECT = join(import.meta.dirname, "..");

/** The project's name, which users may change in Pulumi.yaml. */
export function projectName(): string {
  return (parse(readFileSync(join(PROJECT, "Pulumi.yaml"), "utf8")) as { name: string }).name;
}
