import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { publishedManifest, type Workspace } from "../../tools/package/manifest.ts";
import { releaseNotes } from "../../tools/package/release.ts";

const PROJECT = join(import.meta.dirname, "../..");
const workspace: Workspace = JSON.parse(readFileSync(join(PROJECT, "components/package.json"), "utf8"));

describe("the published package.json", () => {
  const manifest = publishedManifest(workspace);

  test("has the Pulumi packages as optional peers, and each entry with its types", () => {
    const peers = Object.keys(manifest.peerDependencies as object);
    assert.deepEqual(peers, ["@pulumi/azure-native", "@pulumi/command", "@pulumi/postgresql", "@pulumi/pulumi"]);
    const own = Object.keys(manifest.dependencies as object);
    assert.ok(own.includes("pg") && !own.some((name) => name.startsWith("@pulumi/")), own.join());
    const entries = manifest.exports as Record<string, unknown>;
    assert.deepEqual(entries["./errors"], { types: "./dist/errors/index.d.ts", default: "./dist/errors/index.js" });
    assert.deepEqual([manifest.pulumi, manifest.devDependencies, manifest.scripts], [undefined, undefined, undefined]);
  });

  test("has an entry for each module that states name, for ever", () => {
    // Only added to: a state of any released version has to be read by every later one.
    const inStates = [
      "principal-runtime",
      "schema-access-runtime",
      "database-guard-runtime",
      "administrator-drift-check-runtime",
      "administrator-hand-over-runtime",
      "firewall-drift-check-runtime",
      "server-entra-login-runtime",
      "server-part-runtime",
      "vm-identity-runtime",
    ];
    for (const name of inStates) {
      const file = workspace.exports[`./${name}`];
      assert.ok(file && existsSync(join(PROJECT, "components", file)), name);
    }
  });
});

/** The text that the state of version 0.1.0 has for each resource of a dynamic provider. */
const RECORDED = `exports.handler = () => {
  const call = (name) => async (...args) => (await import("entra-postgres/principal-runtime"))[name](...args);
  return {
    check: call("check"),
    diff: call("diff"),
    create: call("create"),
    read: call("read"),
    update: call("update"),
    delete: call("remove"),
  };
};
`;

test("a provider text of version 0.1.0 reaches the code of this version", async () => {
  const loaded: { handler?: () => Record<string, (...args: unknown[]) => Promise<unknown>> } = {};
  const load = new Function("exports", RECORDED.replace('import("', 'this.load("')).bind({
    load: (name: string) => import(name),
  });
  load(loaded);
  // An arrow function has the `this` of the function around it.
  const provider = loaded.handler?.() ?? {};
  assert.deepEqual(Object.keys(provider), ["check", "diff", "create", "read", "update", "delete"]);
  const judged = (await provider.check?.({}, { roleName: "a b", objectId: "x" })) as
    | { failures?: object[] }
    | undefined;
  assert.ok((judged?.failures ?? []).length > 0, "the inputs were judged");
});

describe("the notes of a release", () => {
  const changelog = "# Changelog\n\n## Unreleased\n\n- c\n\n## 0.2.0 (2026-12-01)\n\n- b\n- d\n\n## 0.1.0\n\n- a\n";

  test("are the changelog's section for the version", () => {
    assert.equal(releaseNotes("v0.2.0", { version: "0.2.0", changelog }), "- b\n- d");
    assert.equal(releaseNotes("v0.1.0", { version: "0.1.0", changelog }), "- a");
  });

  test("another tag and a missing section are refused", () => {
    assert.throws(() => releaseNotes("v0.2.1", { version: "0.2.0", changelog }), /Tag v0\.2\.0/);
    assert.throws(() => releaseNotes("v0.3.0", { version: "0.3.0", changelog }), /no section "## 0\.3\.0"/);
  });
});
