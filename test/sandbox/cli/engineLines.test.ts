import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { withoutNoise } from "../../../sandbox/cli/engineLines.ts";

function passed(...lines: string[]): string[] {
  const left: string[] = [];
  const take = withoutNoise((line) => left.push(line));
  for (const line of lines) take(line);
  return left;
}

describe("of the engine's lines", () => {
  test("completed operations are shown, started and unchanged ones are not", () => {
    const done =
      "\u001b[32m +  \u001b[0m azure-native:network:Subnet app-subnet \u001b[32mcreated\u001b[0m (0.1s)\u001b[0m";
    assert.deepEqual(
      passed(
        "Updating (sandbox):",
        "",
        "\u001b[1m@ updating....\u001b[0m",
        "\u001b[32m +  \u001b[0m azure-native:network:Subnet app-subnet \u001b[32mcreating\u001b[0m (0s)",
        done.slice(0, -"\u001b[0m".length),
        " ~  azure-native:network:Subnet app-subnet refreshing (0s)",
        "    pulumi:pulumi:Stack entra-postgres-sandbox  ",
        "    pulumi:pulumi:Stack entra-postgres-sandbox running ",
        "Resources:",
        "    80 unchanged",
      ),
      ["Updating (sandbox):", done, "Resources:", "    80 unchanged"],
    );
  });

  test("an error stays as it is", () => {
    const error = "    error: update canceled";
    assert.deepEqual(passed("Diagnostics:", "  pulumi:pulumi:Stack (entra-postgres-sandbox):", error), [
      "Diagnostics:",
      "  pulumi:pulumi:Stack (entra-postgres-sandbox):",
      error,
    ]);
  });

  test("an advisory that cannot be checked before up is left out with both its lines", () => {
    const advice = "        - [advisory]  required-tags  (azure-native:resources:ResourceGroup: rg)";
    const waits = "          can't run policy 'required-tags' from policy pack 'pack' during preview: unknown";
    assert.deepEqual(passed(advice, waits, "after"), ["after"]);
    assert.deepEqual(passed(advice, "          tag project is missing"), [advice, "          tag project is missing"]);
  });

  test("a warning that every resource of a provider repeats is shown once", () => {
    const warning = "warning: The provider for this resource has inputs that are not known during preview.";
    const more = "    This preview may not correctly represent the changes that will be applied during an update.";
    assert.deepEqual(
      passed(
        `    postgresql:index:Role reader  ${warning}`,
        ` ~  postgresql:index:Role reader update [diff: ~name]; ${warning}`,
        ` ~  postgresql:index:Grant reader update ${warning}`,
        "Diagnostics:",
        "  postgresql:index:Role (reader):",
        `    ${warning}`,
        more,
        "",
        "  postgresql:index:Grant (reader):",
        `    ${warning}`,
        more,
        "    error: refused",
        "",
        "  postgresql:index:Grant (writer):",
        `    ${warning}`,
        more,
        "",
        "Resources:",
      ),
      [
        " ~  postgresql:index:Role reader update [diff: ~name]",
        " ~  postgresql:index:Grant reader update",
        "Diagnostics:",
        "  postgresql:index:Role (reader):",
        `    ${warning}`,
        "  postgresql:index:Grant (reader):",
        "    error: refused",
        "Resources:",
      ],
    );
  });
});
