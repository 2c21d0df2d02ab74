import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Application } from "./applications.ts";

/** The part of the template that is repeated for each application. */
const EACH = /<!-- each application -->\n([\s\S]*?)<!-- end -->\n/g;

/** The placeholders of the template, such as `{app.name}`: settings of an application and its schema, connection details and receipt. */
interface Facts {
  app: object;
  schema: object;
  connection: object;
  receipt: object;
}

/**
 * The stack's page: `Pulumi.README.md` with its part for an application once for each. Pulumi Cloud shows the output `readme`; elsewhere
 * `pulumi stack output readme` does. The program fills in the values, because only Pulumi Cloud fills in placeholders of its own.
 */
export function stackReadme(
  applications: readonly Pick<Application, "app" | "schema" | "connection" | "receipt">[],
): pulumi.Output<string> {
  const template = readFileSync(join(import.meta.dirname, "Pulumi.README.md"), "utf8");
  const facts = applications.map(({ app, schema, connection, receipt }) =>
    pulumi
      .all([connection, receipt])
      .apply(([known, seen]): Facts => ({ app, schema, connection: known, receipt: seen })),
  );
  return pulumi
    .all(facts)
    .apply((all) => template.replace(EACH, (_whole, part: string) => all.map((one) => filled(part, one)).join("")));
}

function filled(part: string, facts: Facts): string {
  return part.replace(/\{(app|schema|connection|receipt)\.(\w+)\}/g, (_whole, of: keyof Facts, field: string) =>
    shown(Reflect.get(facts[of], field)),
  );
}

/** A value as text; a list as lines of a table's cell. An identity without a known VM has no test. */
function shown(value: unknown): string {
  if (value === undefined) return "not tested";
  return Array.isArray(value) ? value.map((item) => String(item).replaceAll("|", "\\|")).join("<br>") : String(value);
}
