import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Stands for each application in the template; what lies between two of these lines is repeated. */
const EACH = /<!-- each application -->\n([\s\S]*?)<!-- end -->\n/g;

/**
 * The stack's page as Pulumi Cloud shows it from the output `readme`: `Pulumi.README.md` with its part for an application once for
 * each. Pulumi Cloud puts the values of outputs in place of `${outputs.…}` itself.
 */
export function stackReadme(
  apps: readonly { name: string; profile: string; database: string; schema: string }[],
): string {
  const template = readFileSync(join(import.meta.dirname, "Pulumi.README.md"), "utf8");
  return template.replace(EACH, (_whole, part: string) =>
    apps
      .map(({ name, profile, database, schema }) =>
        part
          .replaceAll("{name}", () => name)
          .replaceAll("{profile}", () => profile)
          .replaceAll("{database}", () => database)
          .replaceAll("{schema}", () => schema),
      )
      .join(""),
  );
}
