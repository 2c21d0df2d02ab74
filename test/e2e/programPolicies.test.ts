import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ENVIRONMENTS } from "../../components/environments/environments.ts";
import { rules } from "../../policies/rules.ts";
import { packArguments } from "../../policies/runner/pack.ts";
import { SCHEMA } from "../../program/config/schema.ts";
import { Program } from "../../tools/harness/program.ts";
import { reported } from "../harness/policyReport.ts";

// The real program under the policy pack: what each environment chooses passes, and everything that can be wrong is found.
let program: Program;
before(async () => {
  program = await Program.start();
  program.configure();
  await program.init("sandbox");
});
after(() => program?.stop());

/** A preview that is judged as the committed file of the stack says, here `policies/stacks/<environment>.json`. */
const preview = async (environment: string, config: Record<string, unknown>, ...before: string[]) => {
  program.configure(config);
  const pack = await packArguments({ stack: environment });
  return program.pulumi([...before, "preview", "--non-interactive", "--color", "never", ...pack]);
};
for (const environment of ENVIRONMENTS) {
  test(`the defaults of ${environment} break no rule; what waits for up is said`, async () => {
    const isPrivate = SCHEMA.publicAccess.default[environment] === "Disabled";
    const config = { environment, ...(isPrivate ? { allowedAddresses: [] } : {}) };
    const { exitCode, text } = await preview(environment, config);
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

test("one preview lists every broken rule and fails", async () => {
  // Its inputs are spoilt on their way to the engine. It says of itself that it is for dev, and is judged as prod.
  const config = {
    environment: "dev",
    adminObjectId: "dddddddd-0000-4000-8000-000000000001",
    adminName: "somebody@example.com",
    adminType: "User",
  };
  const { exitCode, text } = await preview("prod", config, "-C", join(import.meta.dirname, "brokenProgram"));
  assert.notEqual(exitCode, 0, text);
  // The emulator refuses a role's password, so no preview here gets to that rule; test/policies has its cases.
  const names = rules.map(({ name }) => name).filter((name) => name !== "role-without-password");
  assert.deepEqual(reported(text, "mandatory"), names.sort(), text);
});
