import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { packArguments, packFor } from "../../policies/runner/pack.ts";
import { reported } from "../harness/policyReport.ts";
import { PolicyStack } from "../harness/policyStack.ts";

const MODULES = join(import.meta.dirname, "../../node_modules");

describe("the policy pack under the real engine", () => {
  let stack: PolicyStack;
  let pack: string[];
  before(async () => {
    stack = await PolicyStack.open();
    pack = await packArguments({ pulumiFolder: stack.pulumiFolder });
  });
  after(() => stack?.close());

  /** The pack's arguments with a configuration. */
  const configured = (config: object) => {
    const configFile = join(stack.dir, "policies.json");
    writeFileSync(configFile, JSON.stringify(config));
    return packArguments({ pulumiFolder: stack.pulumiFolder, configFile });
  };

  test("an address unknown in the preview is an advisory there and refused by up", async () => {
    const late = await configured({ "entra-administrator": "disabled", diagnostics: "disabled" });
    const preview = await stack.run("preview", { broken: false, late: true }, ...late);
    assert.equal(preview.exitCode, 0, preview.text);
    const firewall = ["firewall-no-all-addresses", "firewall-no-azure-services", "firewall-no-wide-range"];
    assert.deepEqual(reported(preview.text, "advisory"), firewall, preview.text);
    assert.match(preview.text, /startIpAddress of "late" \(azure-native:dbforpostgresql:FirewallRule\)/);
    const up = await stack.run("up", { broken: false, late: true }, ...late);
    assert.notEqual(up.exitCode, 0, up.text);
    assert.deepEqual(reported(up.text, "mandatory"), ["firewall-no-azure-services"], up.text);
  });

  test("the configuration sets a rule's environment and enforcement level", async () => {
    const strict = await stack.run("preview", { broken: true }, ...pack);
    assert.notEqual(strict.exitCode, 0, strict.text);
    // Without a configuration it is judged as prod, in which a server also needs somebody who can log in, and logs.
    const missing = ["diagnostics", "entra-administrator"];
    assert.deepEqual(
      reported(strict.text, "mandatory"),
      ["backup-retention", ...missing, "no-public-access", "tls-version"],
      strict.text,
    );
    const dev = { environment: "dev" };
    const config = { "no-public-access": dev, "backup-retention": dev, "tls-version": "advisory" };
    const { text } = await stack.run("preview", { broken: true }, ...(await configured(config)));
    assert.deepEqual(reported(text, "mandatory"), missing, text);
    assert.deepEqual(reported(text, "advisory"), ["tls-version"], text);
  });

  test("an invalid configuration is refused with its rule and bound", async () => {
    const config = { "backup-retention": { prod: 6 }, "ssh-not-open": { ports: [] } };
    const { exitCode, text } = await stack.run("preview", { broken: false }, ...(await configured(config)));
    assert.notEqual(exitCode, 0, text);
    assert.match(text, /backup-retention: prod: Must be greater than or equal to 7/);
    assert.match(text, /ssh-not-open: ports: Array must have at least 1 items/);
  });

  for (const [when, source] of [
    ["judging a resource", "validateResource: () => { undefined.length; }"],
    ["judging the stack", "validateStack: () => { undefined.length; }"],
  ]) {
    test(`a pack that crashes while ${when} fails the preview, whatever its level`, async () => {
      const policy = `{ name: "crashes", description: "It crashes.", enforcementLevel: "advisory", ${source} }`;
      const start = await packOf(`new PolicyPack("crashing", { policies: [${policy}] });`);
      const { exitCode, text } = await stack.run("preview", { broken: false }, "--policy-pack", start);
      assert.notEqual(exitCode, 0, text);
      assert.match(text, /policy 'crashes' from policy pack[\s\S]*TypeError/);
    });
  }

  test("a pack that does not start fails the preview", async () => {
    const start = await packOf(`throw new Error("it does not start");`);
    const { exitCode, text } = await stack.run("preview", { broken: false }, "--policy-pack", start);
    assert.notEqual(exitCode, 0, text);
    assert.match(text, /it does not start/);
  });

  let packs = 0;
  /** A pack of its own, as this CLI takes it. */
  function packOf(source: string): Promise<string> {
    packs += 1;
    const folder = join(stack.dir, `pack ${packs}`);
    mkdirSync(folder);
    symlinkSync(MODULES, join(folder, "node_modules"));
    writeFileSync(join(folder, "PulumiPolicy.yaml"), "runtime: nodejs\n");
    writeFileSync(
      join(folder, "package.json"),
      JSON.stringify({ name: "crashing", version: "0.0.1", type: "module", main: "index.js" }),
    );
    writeFileSync(join(folder, "index.js"), `import { PolicyPack } from "@pulumi/policy";\n${source}\n`);
    return packFor(stack.pulumiFolder, folder);
  }
});
