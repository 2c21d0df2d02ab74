import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Application } from "./applications.ts";

/** Stands for each application in the template; what lies between two of these lines is repeated. */
const EACH = /<!-- each application -->\n([\s\S]*?)<!-- end -->\n/g;

/** What the template can name of an application, as `{app.name}`: its settings, its connection's forms and its receipt. */
interface Facts {
  app: object;
  connection: object;
  receipt: object;
}

/**
 * The stack's page, which Pulumi Cloud shows from the output `readme`, and `pulumi stack output readme` anywhere: `Pulumi.README.md` with its
 * part for an application once for each. The values are put in here and not by Pulumi Cloud's own placeholders, which other backends do
 * not fill in.
 */
export function stackReadme(
  applications: readonly Pick<Application, "app" | "connection" | "receipt">[],
): pulumi.Output<string> {
  const template = readFileSync(join(import.meta.dirname, "Pulumi.README.md"), "utf8");
  const facts = applications.map(({ app, connection, receipt }) =>
    pulumi.all([connection, receipt]).apply(([known, seen]): Facts => ({ app, connection: known, receipt: seen })),
  );
  return pulumi
    .all(facts)
    .apply((all) => template.replace(EACH, (_whole, part: string) => all.map((one) => filled(part, one)).join("")));
}

function filled(part: string, facts: Facts): string {
  return part.replace(/\{(app|connection|receipt)\.(\w+)\}/g, (_whole, of: keyof Facts, field: string) =>
    shown(Reflect.get(facts[of], field)),
  );
}

/** A list as lines of a table's cell. */
function shown(value: unknown): string {
  return Array.isArray(value) ? value.map((item) => String(item).replaceAll("|", "\\|")).join("<br>") : String(value);
}
