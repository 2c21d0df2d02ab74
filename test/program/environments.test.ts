import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ENVIRONMENTS } from "../../components/environments/environments.ts";
import { DEFAULTS } from "../../program/config/environments.ts";

test("the README's table has every default of every environment", () => {
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
  const [header = "", , ...rows] = readme.slice(readme.indexOf("| key | dev")).split("\n\n")[0]?.split("\n") ?? [];
  const cells = (line: string) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim());
  assert.deepEqual(cells(header), ["key", ...ENVIRONMENTS]);
  const shown = Object.fromEntries(rows.map(cells).map(([key, ...values]) => [key, values]));
  const stated = Object.fromEntries(
    Object.keys(DEFAULTS.dev).map((key) => [
      `\`${key}\``,
      ENVIRONMENTS.map((environment) => {
        const value = String(DEFAULTS[environment][key as keyof typeof DEFAULTS.dev]);
        return value || (key === "availabilityZone" ? "Azure's choice" : "none");
      }),
    ]),
  );
  assert.deepEqual(shown, stated);
});
