import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DEFAULTS, ENVIRONMENTS } from "../../environments.ts";
import { packArguments } from "../../tools/policies/pack.ts";
import { reported } from "./policyReport.ts";
import { Program } from "./program.ts";

// The real program under the policy pack: what each environment chooses passes, and what is chosen against it is found.
let program: Program;
let pack: string[];
before(async () => {
  program = await Program.start();
  program.configure();
  await program.init("sandbox");
  pack = await packArguments();
});
after(() => program?.stop());

const preview = (config: Record<string, unknown>) => {
  program.configure(config);
  return program.pulumi(["preview", "--non-interactive", "--color", "never", ...pack]);
};
for (const environment of ENVIRONMENTS) {
  test(`the defaults of ${environment} break no rule; what waits for up is said`, async () => {
    const isPrivate = DEFAULTS[environment].publicAccess === "Disabled";
    const { exitCode, text } = await preview({ environment, ...(isPrivate ? { allowedAddresses: [] } : {}) });
    assert.equal(exitCode, 0, text);
    assert.deepEqual(reported(text, "mandatory"), [], text);
    // Who an identity is, and what address a machine gets, is known once it is there.
    const firewall = ["firewall-no-all-addresses", "firewall-no-azure-services", "firewall-no-wide-range"];
    assert.deepEqual(
      reported(text, "advisory"),
      [...(isPrivate ? [] : firewall), "no-application-administrator", "no-predefined-roles"],
      text,
    );
  });
}

test("a prod that gives up what makes it one is refused, rule by rule", async () => {
  const { exitCode, text } = await preview({
    environment: "prod",
    highAvailability: "Disabled",
    backupRetentionDays: 7,
    geoRedundantBackup: "Disabled",
    publicAccess: "Enabled",
    deletionProtection: "Disabled",
    diagnostics: "Disabled",
    allowedAddresses: ["20.0.0.0/8"],
    adminObjectId: "dddddddd-0000-4000-8000-000000000001",
    adminName: "somebody@example.com",
    adminType: "User",
  });
  assert.notEqual(exitCode, 0, text);
  assert.deepEqual(
    reported(text, "mandatory"),
    [
      "administrator-no-lone-user",
      "backup-retention",
      "deletion-protection",
      "diagnostics",
      "firewall-no-wide-range",
      "geo-redundant-backup",
      "high-availability",
      "no-public-access",
    ],
    text,
  );
});
