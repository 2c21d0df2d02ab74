import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { accessSync, constants, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { deployerCloud } from "../../components/azure/cloud.ts";
import { DOCTOR_CLOUDS } from "../../components/doctor/clouds.ts";
import { doctorScript } from "../../components/doctor/doctorScript.ts";

const ROOT = join(import.meta.dirname, "../..");
const FILE = join(ROOT, "components/doctor/doctor.sh");

test("doctor.sh is what its parts and the table of errors make", () => {
  assert.equal(readFileSync(FILE, "utf8"), doctorScript(), "next: node components/doctor/doctorScript.ts");
  accessSync(FILE, constants.X_OK);
});

test("the doctor's clouds are those of the program", () => {
  const names = { public: "public", usgov: "usgovernment", china: "china" } as const;
  for (const { option, resource, authority } of DOCTOR_CLOUDS) {
    const cloud = deployerCloud({ ARM_ENVIRONMENT: names[option] });
    assert.deepEqual([cloud.database, cloud.authorityHost], [resource, authority]);
  }
});

test("docs/doctor.md and --help list the same options and exit codes", () => {
  const help = execFileSync("sh", [FILE, "--help"], { encoding: "utf8" });
  const page = readFileSync(join(ROOT, "docs/doctor.md"), "utf8");
  const optionsOf = (text: string, pattern: RegExp) => [...new Set(text.match(pattern))].sort();
  assert.deepEqual(optionsOf(page, /(?<=^\| `)--[a-z-]+/gm), optionsOf(help, /(?<=^ {2})--[a-z-]+/gm));
  const codes = [...(help.split("Exit codes:")[1] ?? "").matchAll(/(?<=[ ,\n])(\d+) [A-Za-z]/g)].map(
    ([, code]) => code,
  );
  assert.deepEqual(
    [...page.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => code),
    codes,
  );
});

test("the starter loads neither Pulumi nor an SDK", () => {
  const seen = execFileSync(
    process.execPath,
    [
      "--input-type=module",
      "--eval",
      `import { registerHooks } from "node:module";
      registerHooks({ load(url, context, next) { console.log(url); return next(url, context); } });
      await import(${JSON.stringify(`file://${join(ROOT, "components/doctor/main.ts")}`)});`,
    ],
    { encoding: "utf8" },
  );
  assert.match(seen, /doctor\/main\.ts/);
  assert.doesNotMatch(seen, /node_modules/);
});
